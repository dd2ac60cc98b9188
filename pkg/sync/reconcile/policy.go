package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Policy decides which of several changes stands.
type Policy string

const (
	// CRMWins puts every CRM above the app, and CRMs in the configured order.
	CRMWins Policy = "crm_wins"
	// AppWins puts the app above every CRM.
	AppWins Policy = "app_wins"
	// LatestWins takes the latest change; of equally late ones as CRMWins.
	LatestWins Policy = "latest_wins"
	// Manual leaves every side as it is until a person picks.
	Manual Policy = "manual"
)

// sourcePrefix begins the policies that put one provider above everything else.
const sourcePrefix = "source:"

// ParsePolicy reads a policy from settings. An empty text is the default, CRMWins.
func ParsePolicy(text string) (Policy, error) {
	p := Policy(cmp.Or(text, string(CRMWins)))
	if provider, ok := p.Provider(); ok && provider != "" {
		return p, nil
	}
	if !slices.Contains([]Policy{CRMWins, AppWins, LatestWins, Manual}, p) {
		return "", fmt.Errorf("unknown conflict policy %q: use crm_wins, app_wins, latest_wins, manual or source:<provider>", text)
	}
	return p, nil
}

// Provider returns the provider that the policy puts above everything else, if it is
// one that does.
func (p Policy) Provider() (provider contact.Provider, ok bool) {
	name, ok := strings.CutPrefix(string(p), sourcePrefix)
	return contact.Provider(name), ok
}

// Rules are the policies in force. The zero value is CRMWins for everything.
type Rules struct {
	Default Policy
	Fields  map[contact.Field]Policy
	// Order ranks the CRMs, strongest first; nil means HubSpot before Pipedrive.
	// Others follow by name.
	Order []contact.Provider
}

var defaultOrder = []contact.Provider{contact.HubSpot, contact.Pipedrive}

func (r Rules) policy(f contact.Field) Policy {
	return cmp.Or(r.Fields[f], r.Default, CRMWins)
}

// order returns a total order of changes, the winner first: it depends on what
// the changes are, never on the order in which they arrived.
func (r Rules) order(p Policy) func(a, b Change) int {
	return func(a, b Change) int {
		byRank := cmp.Compare(r.rank(p, a.Source), r.rank(p, b.Source))
		byTime := b.At.Compare(a.At)
		if p == LatestWins {
			byRank, byTime = byTime, byRank
		}
		return cmp.Or(byRank, byTime, cmp.Compare(a.Source, b.Source), cmp.Compare(a.Value, b.Value))
	}
}

// rank is 0 for the strongest source.
func (r Rules) rank(p Policy, s contact.Source) int {
	order := r.Order
	if order == nil {
		order = defaultOrder
	}
	if provider, ok := p.Provider(); ok && s == provider.Source() {
		return 0
	}
	if s == contact.App {
		if p == AppWins {
			return 0
		}
		return len(order) + 2
	}
	if i := slices.Index(order, contact.Provider(s)); i >= 0 {
		return i + 1
	}
	return len(order) + 1
}

// Direction says which way a field travels on a connection. The zero value is
// both ways.
type Direction string

const (
	BothWays Direction = ""
	ToCRM    Direction = "to_crm"   // the app's value is sent; the CRM's changes stay there
	FromCRM  Direction = "from_crm" // the CRM's value is taken; the app's changes stay here
	NoWay    Direction = "none"     // the field is left alone
)

// Receives reports whether the CRM's value comes into the app.
func (d Direction) Receives() bool { return d == BothWays || d == FromCRM }

// Sends reports whether the app's value goes to the CRM.
func (d Direction) Sends() bool { return d == BothWays || d == ToCRM }
