package sync

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// Explanation says for every field of a contact why it holds what it holds, and where
// it stands in each CRM.
type Explanation struct {
	ContactID contact.ID
	Name      string
	Lifecycle Lifecycle
	Status    Status
	Fields    []FieldExplanation // standard ones first
	Links     []LinkExplanation  // by provider
}

// FieldExplanation is one field's part.
type FieldExplanation struct {
	Field  contact.Field
	Label  string
	Value  string
	Source contact.Source // "" the field never had a value
	At     time.Time
	Rule   reconcile.Rule // a short code; "" not known
	Why    string         // the rule as a sentence
	Held   bool           // the field waits for a person
	CRMs   []FieldThere   // one per link that has not ended
}

// FieldThere is where a field stands in one CRM.
type FieldThere struct {
	Provider  contact.Provider
	State     FieldStanding
	Direction reconcile.Direction
	Agreed    *Shadow // both values at the last agreement; nil: never
	Waiting   *string // the value on its way there; nil: none
	Why       string  // the state as a sentence
}

// FieldStanding sums up where a field stands in a CRM.
type FieldStanding string

const (
	FieldEqual   FieldStanding = "equal"
	FieldWaiting FieldStanding = "waiting" // a value is on its way
	FieldHeld    FieldStanding = "held"    // a person has to decide
	FieldRefused FieldStanding = "refused" // the CRM refused the value
	FieldDiffers FieldStanding = "differs" // by design
	FieldAbsent  FieldStanding = "absent"  // the field does not exist there
)

// LinkExplanation is where a link stands as a whole.
type LinkExplanation struct {
	Provider   contact.Provider
	ExternalID contact.ExternalID
	State      LinkState
	SyncedAt   time.Time
	URL, Error string
	Why        string // the state as a sentence
}

// Explain says why a contact is as it is. It fails with fault.NotFound. A contact that
// was deleted is explained too.
func (s *Service) Explain(ctx context.Context, customer contact.CustomerID, id contact.ID) (*Explanation, error) {
	c, err := s.load(ctx, customer, id)
	if err != nil {
		return nil, err
	}
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return nil, err
	}
	chosen, err := s.choicesOf(ctx, customer)
	if err != nil {
		return nil, err
	}
	e := &explaining{contact: c, choices: chosen, connections: map[contact.ConnectionID]*Connection{}}
	for _, conn := range conns {
		e.connections[conn.ID] = conn
	}
	return e.explain(), nil
}

// explaining is one explanation under way.
type explaining struct {
	choices
	contact     *Contact
	connections map[contact.ConnectionID]*Connection
}

func (e *explaining) explain() *Explanation {
	c := e.contact
	out := &Explanation{ContactID: c.ID, Name: c.Values().DisplayName(), Lifecycle: c.Lifecycle, Status: c.Status}
	for _, f := range e.fields() {
		v, known := c.Fields[f]
		_, held := c.Held[f]
		row := FieldExplanation{Field: f, Label: f.Label(), Value: v.V, Source: v.Src, At: v.At, Rule: v.Rule, Held: held, Why: "It never had a value."}
		if known {
			row.Why = sentence(v)
		}
		for _, l := range e.links() {
			if l.State != LinkDetached {
				row.CRMs = append(row.CRMs, e.there(f, l))
			}
		}
		out.Fields = append(out.Fields, row)
	}
	for _, l := range e.links() {
		row := LinkExplanation{Provider: l.Provider, ExternalID: l.ExternalID, State: l.State, SyncedAt: l.SyncedAt, URL: l.URL, Why: linkSentence(l)}
		if l.Error != nil {
			row.Error = l.Error.Message
		}
		out.Links = append(out.Links, row)
	}
	return out
}

// fields lists the standard fields, then others that the contact or a record has.
func (e *explaining) fields() []contact.Field {
	names := slices.Clone(contact.Standard)
	add := func(f contact.Field) {
		if !slices.Contains(names, f) {
			names = append(names, f)
		}
	}
	for _, f := range sortedKeys(e.contact.Fields) {
		add(f)
	}
	for _, l := range e.links() {
		for _, f := range sortedKeys(l.Shadow) {
			add(f)
		}
	}
	return names
}

// links lists the contact's links by provider; those of accounts that others took the
// place of are left out.
func (e *explaining) links() []*Link {
	var list []*Link
	for i := range e.contact.Links {
		l := &e.contact.Links[i]
		if conn := e.connections[l.ConnectionID]; conn != nil && conn.State != ConnectionReplaced {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b *Link) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.ConnectionID, b.ConnectionID))
	})
	return list
}

// there says where a field stands on a link.
func (e *explaining) there(f contact.Field, l *Link) FieldThere {
	title := l.Provider.Title()
	out := FieldThere{Provider: l.Provider, Direction: e.directions[l.Provider][f]}
	if s, ok := l.Shadow[f]; ok {
		out.Agreed = &s
	}
	if v, ok := l.waitingFor(f); ok {
		out.Waiting = &v
	}
	hub := e.contact.Fields[f].V
	_, held := e.contact.Held[f]
	switch conn := e.connections[l.ConnectionID]; {
	case !conn.Has(f):
		out.State, out.Why = FieldAbsent, title+" has no such field, or it is not mapped."
	case held:
		out.State, out.Why = FieldHeld, "A person has to decide which value stands."
	case l.rejected(f, hub):
		out.State, out.Why = FieldRefused, cmp.Or(l.Error.Fields[f], l.Error.Message)
	case out.Direction == reconcile.NoWay:
		out.State, out.Why = FieldDiffers, "The field is left alone in "+title+"."
	case out.Waiting != nil:
		out.State, out.Why = FieldWaiting, "The value is on its way to "+title+"."
	case out.Agreed != nil && e.canonical.Equal(f, out.Agreed.H, hub) && e.canonical.Equal(f, out.Agreed.R, hub),
		out.Agreed == nil && hub == "":
		out.State, out.Why = FieldEqual, "The app and "+title+" hold the same."
	case out.Agreed != nil && e.canonical.Equal(f, out.Agreed.H, hub) && out.Direction == reconcile.BothWays:
		out.State, out.Why = FieldDiffers, title+" keeps the value in a form of its own."
	case out.Direction == reconcile.FromCRM:
		out.State, out.Why = FieldDiffers, "The field is only taken from "+title+", never sent there."
	case out.Direction == reconcile.ToCRM && out.Agreed != nil && e.canonical.Equal(f, out.Agreed.H, hub):
		out.State, out.Why = FieldDiffers, "The field is only sent to "+title+", never taken from there."
	default:
		out.State, out.Why = FieldWaiting, "The value is not in "+title+" yet."
	}
	return out
}

// waitingFor is the value that is on its way to the record.
func (l *Link) waitingFor(f contact.Field) (string, bool) {
	for _, in := range slices.Backward(l.Intents) {
		if v, ok := in.Fields[f]; ok {
			return v.Val, true
		}
	}
	for _, d := range slices.Backward(l.InDoubt) {
		if d.Field == f {
			return d.Val, true
		}
	}
	return "", false
}

// sentence renders the rule that chose a value.
func sentence(v Value) string {
	from := sourceTitle(cmp.Or(v.Src, contact.App))
	if policy, conflict := strings.CutPrefix(string(v.Rule), string(reconcile.Won(""))); conflict {
		return "Several sides were changed at once; the value of " + from + " won, because " + policyReason(reconcile.Policy(policy)) + "."
	}
	switch v.Rule {
	case Edited:
		return "It was entered in the app."
	case FromFile:
		return "It came with an import."
	case Chosen:
		return "A person chose it in a conflict."
	case Reverted:
		return "A person took a later change back."
	case FromMerge:
		return "It came from a contact that was merged into this one."
	case reconcile.OnlyChange:
		return "It was changed in " + from + ", and nowhere else."
	case reconcile.Filled:
		return "It was found in " + from + " where the app had none."
	}
	return "It came from " + from + "."
}

func policyReason(p reconcile.Policy) string {
	provider, named := p.Provider()
	switch {
	case named:
		return provider.Title() + " goes before everything else"
	case p == reconcile.AppWins:
		return "the app goes before the CRMs"
	case p == reconcile.LatestWins:
		return "the latest change wins"
	}
	return "CRMs go before the app, and before one another in their order"
}

func linkSentence(l *Link) string {
	title := l.Provider.Title()
	switch {
	case l.State == LinkDetached:
		return "It is no longer linked to a record in " + title + "."
	case l.State == LinkEnding:
		return "The link was taken back; the record in " + title + " is still to be put back or deleted."
	case l.State == LinkReview:
		return "A person has to decide which record in " + title + " it belongs to."
	case l.State == LinkMissing:
		return "The record was reported gone from " + title + "; that is being confirmed."
	case l.Error != nil:
		return "The last thing tried in " + title + " failed."
	case l.ExternalID == "":
		return "A record in " + title + " is being made."
	case len(l.Intents)+len(l.InDoubt) > 0:
		return "Changes are on their way to " + title + "."
	}
	return "The record in " + title + " is in step."
}
