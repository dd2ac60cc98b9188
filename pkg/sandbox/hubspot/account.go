package hubspot

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// firstID is below the first contact's id: 12 digits, beyond 32 bits.
const firstID = 171_600_000_000

// account holds a portal's contacts and property definitions. It is the data
// model alone: no events, no HTTP. The server's mutex guards it.
type account struct {
	portalID   int64
	lastID     int64
	ids        map[int64]*record
	order      []*record        // by id; purged and merged ones are removed
	aliases    map[int64]int64  // merged-away id to survivor
	unique     map[string]int64 // holder of a unique value, by uniqueKey; live contacts only
	live       int
	properties []*property
	byName     map[string]*property
	groups     []*propertyGroup
}

func newAccount(portalID int64, now time.Time) *account {
	a := &account{
		portalID: portalID, lastID: firstID, ids: make(map[int64]*record), aliases: make(map[int64]int64),
		unique: make(map[string]int64), byName: make(map[string]*property),
		groups: builtinGroups(),
	}
	for _, p := range builtinProperties(now) {
		a.addProperty(p)
	}
	return a
}

func uniqueKey(property, value string) string {
	return property + "\x00" + strings.ToLower(strings.TrimSpace(value))
}

// resolve returns the contact of an id, live or archived, following merges; nil if there is none.
func (a *account) resolve(id int64) *record {
	for range len(a.aliases) + 1 {
		survivor, merged := a.aliases[id]
		if !merged {
			return a.ids[id]
		}
		id = survivor
	}
	return nil
}

// lookup finds the contact a request means by id, or by the value of a unique
// property; live ones, or archived ones only.
func (a *account) lookup(id, idProperty string, archived bool, now time.Time) (*record, error) {
	r, err := a.find(id, idProperty, archived, now)
	if err == nil && r.archived() != archived {
		return nil, noSuchContact()
	}
	return r, err
}

// find is lookup by id whether archived or not.
func (a *account) find(id, idProperty string, archived bool, now time.Time) (r *record, err error) {
	switch idProperty {
	case "", "hs_object_id":
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			return nil, notNumeric(id)
		}
		r = a.resolve(n)
	default:
		if !a.isUnique(idProperty, now) {
			return nil, badRequest("Property %s is not a unique property of 0-1", idProperty)
		}
		r = a.holder(idProperty, id, archived)
	}
	if r == nil || r.forgotten(now) {
		return nil, noSuchContact()
	}
	return r, nil
}

// holder returns who has a unique value; secondary e-mail addresses count.
func (a *account) holder(property, value string, archived bool) *record {
	if !archived {
		return a.ids[a.unique[uniqueKey(property, value)]]
	}
	for _, r := range slices.Backward(a.order) {
		if r.archived() && slices.Contains(r.uniqueKeys(a), uniqueKey(property, value)) {
			return r
		}
	}
	return nil
}

// uniqueKeys are the keys the contact occupies while it is live.
func (r *record) uniqueKeys(a *account) []string {
	var keys []string
	for _, email := range r.emails() {
		keys = append(keys, uniqueKey("email", email))
	}
	for name := range r.props {
		if p := a.byName[name]; p != nil && p.HasUniqueValue && name != "email" && r.value(name) != "" {
			keys = append(keys, uniqueKey(name, r.value(name)))
		}
	}
	return keys
}

func (a *account) claim(r *record) {
	for _, key := range r.uniqueKeys(a) {
		a.unique[key] = r.id
	}
}

func (a *account) release(r *record) {
	for _, key := range r.uniqueKeys(a) {
		if a.unique[key] == r.id {
			delete(a.unique, key)
		}
	}
}

// create adds an empty contact, which its caller fills with apply.
func (a *account) create(by *actor, now time.Time) *record {
	a.lastID++
	r := &record{id: a.lastID, created: now, createdBy: by, touched: []time.Time{now}, props: make(map[string][]version)}
	a.ids[r.id] = r
	a.order = append(a.order, r)
	a.live++
	return r
}

// apply writes a draft's values and returns the names that changed, sorted. It
// moves lastmodifieddate, unless nothing changed and the knob keeps it then.
func (a *account) apply(d draft, by *actor, now time.Time, k Knobs) []string {
	r := d.target
	a.release(r)
	keepEmailsApart(d, k)
	var changed []string
	for name, value := range d.values {
		if r.value(name) != value {
			r.set(name, value, by, now)
			changed = append(changed, name)
		}
	}
	a.claim(r)
	if len(changed) > 0 || !k.NoopKeepsModified {
		r.touch(now)
	}
	slices.Sort(changed)
	return changed
}

// keepEmailsApart removes a new primary address from the additional ones, and adds
// the old one to them when the knob says so.
func keepEmailsApart(d draft, k Knobs) {
	email, old := d.values["email"], d.target.value("email")
	if email == "" || strings.EqualFold(email, old) {
		return
	}
	list, written := d.values["hs_additional_emails"]
	if !written {
		list = d.target.value("hs_additional_emails")
	}
	others := slices.DeleteFunc(splitList(list), func(other string) bool { return strings.EqualFold(other, email) })
	if k.OldEmailBecomesSecondary && old != "" {
		others = append(others, old)
	}
	if kept := strings.Join(others, ";"); kept != list {
		d.values["hs_additional_emails"] = kept
	}
}

func (r *record) touch(now time.Time) {
	if !r.modified().Equal(now) {
		r.touched = append(r.touched, now)
	}
}

func (a *account) archive(r *record, now time.Time) {
	a.release(r)
	r.archivedAt = now
	r.touch(now)
	a.live--
}

// restore brings an archived contact back, unless a live one took a unique value of it.
func (a *account) restore(r *record, now time.Time) error {
	for _, key := range r.uniqueKeys(a) {
		if holder := a.unique[key]; holder != 0 {
			return contactExists(holder)
		}
	}
	r.archivedAt = time.Time{}
	r.touch(now)
	a.claim(r)
	a.live++
	return nil
}

// remove takes the contact out of every listing for good.
func (a *account) remove(r *record) {
	if !r.archived() {
		a.release(r)
		a.live--
	}
	delete(a.ids, r.id)
	if at, found := a.position(r.id); found {
		a.order = slices.Delete(a.order, at, at+1)
	}
}

// position returns where the first contact with at least this id stands.
func (a *account) position(id int64) (int, bool) {
	return slices.BinarySearchFunc(a.order, id, func(r *record, id int64) int { return cmp.Compare(r.id, id) })
}
