// Package reconcile decides, for one contact, what every side should hold: a
// three-way merge per field against a two-column shadow, over all links at once.
//
// It is a function of values: no context, clock, network or store. The same
// values give the same plan, in the same order, whatever order the links come in.
// It does not decide which remote record belongs to a contact (package match),
// nor anything about creating or deleting records.
package reconcile

import (
	"cmp"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Input is everything the merge of one contact depends on.
type Input struct {
	Hub   map[contact.Field]Value // what the app holds; absent means blank
	Links []Link
	Rules Rules
	// Held fields are left as they are on every side.
	Held map[contact.Field]bool
	// Canonical tells when two raw values mean the same.
	Canonical contact.Canonical
}

// Value is a raw hub value, its source, the time of its change and why it stands.
type Value struct {
	V    string
	Src  contact.Source
	At   time.Time
	Rule Rule
}

// Rule says why a value stands, as a short code.
type Rule string

const (
	// OnlyChange is the value of the only side that was changed.
	OnlyChange Rule = "only_change"
	// Filled is a value found where the app had none, at first match.
	Filled Rule = "filled"
)

// Won is the rule of a value that won a conflict.
func Won(p Policy) Rule { return Rule("conflict:" + p) }

// Link is one side's state: what was agreed, what is there now, and what we may
// have written ourselves since.
type Link struct {
	Provider contact.Provider
	Shadow   map[contact.Field]Shadow
	// Remote holds the raw remote values. A field that is absent is undefined on
	// that side, which is not the same as blank.
	Remote contact.Values
	// RemoteAt is the latest time at which any of Remote can have changed.
	RemoteAt time.Time
	// Ours holds values of our own writes whose arrival was not confirmed: a remote
	// value among them is not somebody's change.
	Ours map[contact.Field][]string
	// Replaced holds values that our latest writes replaced a moment ago: a read that
	// shows one of them is perhaps older than the write.
	Replaced map[contact.Field][]string
	// Lost holds somebody's changes that a write of ours replaced unseen.
	Lost map[contact.Field]Lost
	// Directions holds the fields that do not go both ways.
	Directions map[contact.Field]Direction
}

// Shadow is the raw hub value and the raw remote value at the last agreement.
type Shadow struct{ H, R string }

// Lost is a remote value that was replaced unseen, when it was written, and the value
// our write was meant to replace.
type Lost struct {
	Value string    `json:"value"`
	At    time.Time `json:"at"`
	Base  string    `json:"base"`
}

// Plan is what to do. Links are in the order of the input's.
type Plan struct {
	Hub       map[contact.Field]Value // new hub values only
	Links     []LinkPlan
	Conflicts []Conflict // by field; one without a winner waits for a person
}

// LinkPlan holds one decision per field for which there is something to do.
type LinkPlan map[contact.Field]Decision

// Kind says what a decision does.
type Kind int

const (
	// Keep changes nothing. It does not appear in plans.
	Keep Kind = iota
	// Agree sets the shadow: both sides mean the same.
	Agree
	// Write sends the hub's value, expecting to replace what was read.
	Write
	// Forget drops the shadow: the field does not exist on that side.
	Forget
	// Differ leaves a difference because the field's direction forbids the write.
	Differ
	// Hold leaves a difference until a person has decided.
	Hold
	// Wait decides nothing: the record has to be read again first.
	Wait
)

var kindNames = [...]string{"keep", "agree", "write", "forget", "differ", "hold", "wait"}

func (k Kind) String() string { return kindNames[k] }

// Decision is what happens to one field of one link.
type Decision struct {
	Kind   Kind
	Shadow Shadow // Agree: the new shadow. Write: the hub value to send (H) and the remote value expected there (R)
	// Changed reports that somebody changed the remote value since the last agreement.
	Changed bool
	Reason  string // for people; never steers anything
}

// Conflict is a field that was changed to different values by several sides.
type Conflict struct {
	Field  contact.Field
	Base   string // raw hub value at the last agreement
	Values []Change
	Winner contact.Source // "" under Manual: nobody has decided yet
	Rule   Policy
}

// Change is one of a conflict's values.
type Change struct {
	Source contact.Source
	Value  string
	At     time.Time
}

// Merge plans one contact.
func Merge(in Input) Plan {
	plan := Plan{Hub: map[contact.Field]Value{}, Links: make([]LinkPlan, len(in.Links))}
	for i := range plan.Links {
		plan.Links[i] = LinkPlan{}
	}
	for _, f := range fieldsOf(in) {
		m := merge{Input: &in, field: f, hub: in.Hub[f], held: in.Held[f]}
		m.look()
		m.choose(&plan)
		m.settle(&plan)
	}
	return plan
}

// Changes reports whether the plan changes the hub or a remote record.
func (p Plan) Changes() bool {
	if len(p.Hub) > 0 {
		return true
	}
	for _, link := range p.Links {
		for _, d := range link {
			if d.Kind == Write {
				return true
			}
		}
	}
	return false
}

// fieldsOf lists every field of the input, sorted.
func fieldsOf(in Input) []contact.Field {
	seen := map[contact.Field]bool{}
	for f := range in.Hub {
		seen[f] = true
	}
	for _, l := range in.Links {
		for f := range l.Remote {
			seen[f] = true
		}
		for f := range l.Shadow {
			seen[f] = true
		}
	}
	fields := make([]contact.Field, 0, len(seen))
	for f := range seen {
		fields = append(fields, f)
	}
	slices.Sort(fields)
	return fields
}

// merge is the merge of one field.
type merge struct {
	*Input
	field contact.Field
	hub   Value
	sides []side
	won   Value // the value every side should hold
	held  bool  // no side is touched
}

// side is what one link says about the field.
type side struct {
	defined   bool
	remote    string
	shadow    Shadow
	agreed    bool // there is a shadow
	changed   bool // somebody changed the remote value since
	hubNews   bool // the hub's value is not the one last agreed with this side
	stale     bool // the remote value is perhaps older than our latest write
	direction Direction
}

// look compares each side with its shadow.
func (m *merge) look() {
	m.sides = make([]side, len(m.Links))
	for i, l := range m.Links {
		s := &m.sides[i]
		s.remote, s.defined = l.Remote[m.field]
		s.shadow, s.agreed = l.Shadow[m.field]
		s.direction = l.Directions[m.field]
		if !s.defined {
			continue
		}
		if !s.agreed {
			s.changed = m.canon(s.remote) != ""
			s.hubNews = m.canon(m.hub.V) != ""
		} else {
			s.changed = !m.equal(s.remote, s.shadow.R)
			s.hubNews = !m.equal(m.hub.V, s.shadow.H)
		}
		if s.changed && m.among(l.Ours[m.field], s.remote) {
			s.changed = false
		} else if s.changed && m.among(l.Replaced[m.field], s.remote) {
			s.changed, s.stale = false, true
		}
		if !s.direction.Receives() {
			s.changed = false
		}
	}
}

// choose finds the value that stands, and logs what it beat.
func (m *merge) choose(plan *Plan) {
	m.won = m.hub
	contenders, base := m.contenders()
	if len(contenders) == 0 || m.held {
		return
	}
	policy := m.Rules.policy(m.field)
	slices.SortFunc(contenders, m.Rules.order(policy))
	winner, rule := contenders[0], OnlyChange
	if base == nil {
		rule = Filled
	}
	differs := func(c Change) bool { return !m.equal(c.Value, winner.Value) }
	if slices.ContainsFunc(contenders, differs) {
		c := Conflict{Field: m.field, Values: contenders, Winner: winner.Source, Rule: policy}
		if base != nil {
			c.Base = *base
		}
		if m.held = policy == Manual; m.held {
			c.Winner = ""
		}
		plan.Conflicts = append(plan.Conflicts, c)
		rule = Won(policy)
	}
	if !m.held && !m.equal(winner.Value, m.hub.V) {
		m.won = Value{V: winner.Value, Src: winner.Source, At: winner.At, Rule: rule}
		plan.Hub[m.field] = m.won
	}
}

// contenders lists the values that nobody has overwritten knowingly: every
// changed remote, those our writes replaced unseen, and the hub's own unless a side
// that changed had agreed to it. The base is nil if nothing was ever agreed.
func (m *merge) contenders() (list []Change, base *string) {
	hubContends := true
	based := func(v string) {
		if base == nil || v < *base {
			base = &v
		}
	}
	for i, s := range m.sides {
		l := m.Links[i]
		if s.changed {
			list = append(list, Change{Source: l.Provider.Source(), Value: s.remote, At: l.RemoteAt})
			hubContends = hubContends && s.hubNews
			if s.agreed {
				based(s.shadow.H)
			}
		}
		if lost, ok := l.Lost[m.field]; ok && s.direction.Receives() {
			list = append(list, Change{Source: l.Provider.Source(), Value: lost.Value, At: lost.At})
			based(lost.Base)
		}
	}
	if len(list) > 0 && hubContends {
		list = append(list, Change{Source: cmp.Or(m.hub.Src, contact.App), Value: m.hub.V, At: m.hub.At})
	}
	return list, base
}

// settle decides for each side how it comes to hold the value.
func (m *merge) settle(plan *Plan) {
	for i, s := range m.sides {
		if d := m.decide(s); d.Kind != Keep {
			d.Changed = s.changed && s.agreed
			plan.Links[i][m.field] = d
		}
	}
}

func (m *merge) decide(s side) Decision {
	pair := Shadow{H: m.won.V, R: s.remote}
	switch {
	case !s.defined && s.agreed:
		return Decision{Kind: Forget, Reason: "the field does not exist there"}
	case !s.defined:
		return Decision{}
	case m.held && m.equal(m.won.V, s.remote):
		return Decision{}
	case m.held:
		return Decision{Kind: Hold, Shadow: pair, Reason: "a person has to decide"}
	case s.stale:
		return Decision{Kind: Wait, Shadow: pair, Reason: "perhaps read before our latest write"}
	case m.equal(m.won.V, s.remote):
		if s.agreed && s.shadow == pair || !s.agreed && pair == (Shadow{}) {
			return Decision{}
		}
		return Decision{Kind: Agree, Shadow: pair, Reason: "both sides hold the same"}
	case s.agreed && m.equal(m.won.V, s.shadow.H) && m.equal(s.remote, s.shadow.R):
		// Agreed although the values differ: the CRM keeps what it was sent in a form
		// of its own, and nobody has touched it since.
		return Decision{}
	case !s.direction.Sends():
		return Decision{Kind: Differ, Shadow: pair, Reason: "the field is not sent there"}
	case !s.direction.Receives() && (s.agreed && m.equal(m.won.V, s.shadow.H) || !s.agreed && m.canon(m.won.V) == ""):
		return Decision{Kind: Differ, Shadow: pair, Reason: "the field is not read from there"}
	case s.changed:
		return Decision{Kind: Write, Shadow: pair, Reason: "another change won"}
	}
	return Decision{Kind: Write, Shadow: pair, Reason: "changed in " + string(cmp.Or(m.won.Src, contact.App))}
}

// among reports whether one of the values means the same as v.
func (m *merge) among(values []string, v string) bool {
	return slices.ContainsFunc(values, func(o string) bool { return m.equal(o, v) })
}

func (m *merge) canon(v string) string  { return m.Canonical.Of(m.field, v) }
func (m *merge) equal(a, b string) bool { return m.Canonical.Equal(m.field, a, b) }
