package sync

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// Step 4: decide. From the contact and the readings of its records to the contact
// as it shall be and the writes that follow. Nothing is called and nothing stored.

// decide plans one item: it changes item.next and fills item.pushes.
func (p *pass) decide(it *item) {
	now := p.clock.Now()
	c := it.next
	p.endReplaced(c)
	if it.merging() {
		p.mergeAway(it, now)
		return
	}
	p.attach(it)
	p.endLinks(it, now)
	if c.Lifecycle == Active {
		p.followDeletion(it, now)
	}
	if c.Lifecycle == Archived && !p.revive(it, now) {
		p.remove(it, now)
		return
	}
	sides := p.sides(it, now)
	p.damp(it, sides, now)
	plan := reconcile.Merge(p.mergeInput(c, sides, now))
	p.takeHub(it, plan, now)
	p.takeConflicts(it, plan.Conflicts, now)
	if c.allRead(sides) {
		c.release(plan)
	}
	for i, s := range sides {
		p.takeLink(it, s, plan.Links[i], now)
	}
	p.createMissing(it, now)
}

// endReplaced detaches links of accounts that another account took the place of.
func (p *pass) endReplaced(c *Contact) {
	for i := range c.Links {
		if l := &c.Links[i]; slices.Contains(p.replaced, l.ConnectionID) {
			l.State, l.Intents, l.InDoubt, l.Error = LinkDetached, nil, nil, nil
		}
	}
}

// mergeSide is a link that takes part in the merge.
type mergeSide struct {
	link    *Link
	channel *channel
	record  *Record
}

// sides lists the links whose record was read, and settles what a reading says
// about the link itself.
func (p *pass) sides(it *item, now time.Time) []mergeSide {
	var list []mergeSide
	for i := range it.next.Links {
		l := &it.next.Links[i]
		r, ok := it.reads[l.ConnectionID]
		if !ok {
			continue
		}
		if r.Err != nil {
			l.fail(r.Err, nil, now)
			p.noteFailure(it.next, l, r.Err)
			continue
		}
		if r.Gone() {
			continue // followDeletion has dealt with it
		}
		l.follow(r.Record, it.next.ID)
		ch := p.channel(l.ConnectionID)
		l.State, l.MissingSince = LinkActive, time.Time{}
		l.Modified = r.Record.Modified
		l.Keyed = r.Record.Key == it.next.ID
		l.URL = ch.crm.RecordURL(l.ExternalID)
		l.dropOldDoubts(now)
		l.doubtIntents(ch.limits.Timeout, now)
		l.dropOldShadows(ch.conn.FieldSince)
		p.examine(l, ch, r.Record, now)
		list = append(list, mergeSide{l, ch, r.Record})
	}
	return list
}

// dropOldDoubts forgets writes that can no longer arrive.
func (l *Link) dropOldDoubts(now time.Time) {
	l.InDoubt = slices.DeleteFunc(l.InDoubt, func(d InDoubt) bool { return !now.Before(d.Until) })
}

// dropOldShadows forgets what was agreed with remote fields that others have taken the
// place of since: the field is matched anew.
func (l *Link) dropOldShadows(since map[contact.Field]time.Time) {
	maps.DeleteFunc(l.Shadow, func(f contact.Field, s Shadow) bool { return s.At.Before(since[f]) })
}

func (p *pass) mergeInput(c *Contact, sides []mergeSide, now time.Time) reconcile.Input {
	in := reconcile.Input{
		Hub: make(map[contact.Field]reconcile.Value, len(c.Fields)), Rules: p.choices.rules,
		Held: c.heldFields(sides), Canonical: p.choices.canonical,
	}
	for f, v := range c.Fields {
		in.Hub[f] = reconcile.Value(v)
	}
	for _, s := range sides {
		l := reconcile.Link{Provider: s.link.Provider, Remote: s.record.Fields, RemoteAt: s.record.Modified}
		l.Shadow = make(map[contact.Field]reconcile.Shadow, len(s.link.Shadow))
		for f, pair := range s.link.Shadow {
			l.Shadow[f] = reconcile.Shadow{H: pair.H, R: pair.R}
		}
		l.Ours, l.Replaced, l.Lost = s.link.ours(now), s.link.replaced(now), s.link.Lost
		for f, seen := range c.Chosen {
			l.Ours[f] = append(l.Ours[f], seen...)
		}
		l.Directions = p.choices.directions[s.link.Provider]
		in.Links = append(in.Links, l)
	}
	return in
}

// ours collects the values of our own writes that may have arrived unconfirmed.
func (l *Link) ours(now time.Time) map[contact.Field][]string {
	values := map[contact.Field][]string{}
	for _, in := range l.Intents {
		for f, v := range in.Fields {
			values[f] = append(values[f], v.Val)
		}
	}
	for _, d := range l.InDoubt {
		if now.Before(d.Until) {
			values[d.Field] = append(values[d.Field], d.Val)
		}
	}
	return values
}

// takeHub gives the app the values that won elsewhere.
func (p *pass) takeHub(it *item, plan reconcile.Plan, now time.Time) {
	if len(plan.Hub) == 0 {
		return
	}
	bySource := map[contact.Source][]contact.Field{}
	for f, v := range plan.Hub {
		v.At = cmp.Or(v.At, now)
		it.next.Fields[f] = Value(v)
		bySource[v.Src] = append(bySource[v.Src], f)
	}
	it.next.UpdatedAt = now
	for _, src := range slices.Sorted(maps.Keys(bySource)) {
		fields := bySource[src]
		slices.Sort(fields)
		op, verb := "updated", "changed"
		if it.created {
			op, verb = "created", "added"
		}
		p.count(contact.App, func(n *Counts) { n.Pulled++ })
		p.note(it.next, Activity{Provider: contact.Provider(src), Op: op, Direction: "in", Fields: fields,
			Message: fmt.Sprintf("%s %s in %s", labels(fields), verb, contact.Provider(src).Title())})
	}
}

// takeLink applies one link's decisions: shadows now, writes as an intent.
func (p *pass) takeLink(it *item, s mergeSide, plan reconcile.LinkPlan, now time.Time) {
	l := s.link
	l.dropOldError(it.next)
	l.dropLost(it.next.Held)
	l.ReadAgainAt = time.Time{}
	writes := map[contact.Field]IntentValue{}
	for f, d := range plan {
		switch d.Kind {
		case reconcile.Agree:
			l.agree(f, d.Shadow.H, d.Shadow.R, now)
		case reconcile.Forget:
			delete(l.Shadow, f)
		case reconcile.Wait:
			l.ReadAgainAt = later(l.ReadAgainAt, l.readAgainAt(f))
		case reconcile.Write:
			if p.run.Kind == Full || !l.rejected(f, d.Shadow.H) {
				writes[f] = IntentValue{Val: d.Shadow.H, H: d.Shadow.H, Expect: d.Shadow.R}
			}
		}
	}
	if len(writes) == 0 {
		l.SyncedAt = cmp.Or(l.SyncedAt, now)
		return
	}
	intent := Intent{ID: p.newID(now), Op: OpUpdate, Fields: writes, Along: s.channel.limits.along(writes, s.record), At: now}
	l.Intents = append(l.Intents, intent)
	u := &push{item: it, channel: s.channel, intent: intent, id: l.ExternalID, current: s.record}
	if !l.Keyed && s.channel.conn.Has(contact.SyncKey) {
		u.key = it.next.ID
	}
	it.pushes = append(it.pushes, u)
}

// along returns the values of a record that an update of other fields writes too.
func (limits Limits) along(writes map[contact.Field]IntentValue, r *Record) contact.Values {
	var along contact.Values
	written := func(f contact.Field) bool { _, ok := writes[f]; return ok }
	for _, group := range limits.Together {
		if !slices.ContainsFunc(group, written) {
			continue
		}
		for _, f := range group {
			if v, defined := r.Fields[f]; defined && !written(f) {
				if along == nil {
					along = contact.Values{}
				}
				along[f] = v
			}
		}
	}
	return along
}

// agree records a field's last agreement: what was read before it is out of date.
func (l *Link) agree(f contact.Field, h, r string, now time.Time) {
	l.SyncedAt = now
	if l.Shadow == nil {
		l.Shadow = map[contact.Field]Shadow{}
	}
	l.Shadow[f] = Shadow{H: h, R: r, At: now}
}

// doubtIntents turns updates that were recorded but never acknowledged into doubts:
// they may have been sent, and may still arrive.
func (l *Link) doubtIntents(timeout time.Duration, now time.Time) {
	for _, in := range l.Intents {
		if in.Op == OpUpdate {
			l.doubt(in, later(in.At.Add(timeout), now.Add(time.Millisecond)))
		}
	}
	l.dropIntents(OpUpdate)
}

// rejected reports whether the CRM refused this very value for good. A full run
// tries it all the same, once: somebody may have changed what the CRM accepts.
func (l *Link) rejected(f contact.Field, v string) bool {
	if l.Error == nil {
		return false
	}
	refused, ok := l.Error.Rejected[f]
	return ok && refused == v
}

// dropOldError ends an error that is over: one that was to be retried, as the
// retry is under way; and a refusal whose values are no longer the contact's.
func (l *Link) dropOldError(c *Contact) {
	if l.Error == nil {
		return
	}
	maps.DeleteFunc(l.Error.Rejected, func(f contact.Field, v string) bool { return c.Fields[f].V != v })
	if len(l.Error.Rejected) == 0 {
		l.Error = nil
	}
}

// createMissing plans a record on every connection where the contact has none.
func (p *pass) createMissing(it *item, now time.Time) {
	if it.next.Lifecycle != Active {
		return
	}
	for _, ch := range p.live() {
		l := it.next.Link(ch.conn.ID)
		switch {
		case l == nil && ch.listed:
			values := p.creatable(it.next, ch)
			if len(values) == 0 {
				continue
			}
			it.next.Links = append(it.next.Links, Link{Provider: ch.conn.Provider, ConnectionID: ch.conn.ID, State: LinkActive})
			l = &it.next.Links[len(it.next.Links)-1]
			p.planCreate(it, ch, l, values, now, false)
		case l != nil && l.State == LinkActive && l.ExternalID == "":
			p.repeatCreate(it, ch, l, now)
		}
	}
}

// repeatCreate goes on with a create that is not acknowledged: it may have
// happened, and its record may have been edited since, so it is looked up; where
// creating twice makes two, only once the vendor's time-out has passed.
func (p *pass) repeatCreate(it *item, ch *channel, l *Link, now time.Time) {
	values := p.creatable(it.next, ch)
	if l.Error != nil && maps.Equal(l.Error.Rejected, values) && p.run.Kind != Full {
		return
	}
	i := slices.IndexFunc(l.Intents, func(in Intent) bool { return in.Op == OpCreate })
	sent := i >= 0
	if sent && !ch.limits.CreateOnce && now.Before(l.Intents[i].At.Add(ch.limits.Timeout)) {
		return // nextDue comes back to it
	}
	if len(values) > 0 {
		p.planCreate(it, ch, l, values, now, sent)
	}
}

// planCreate plans a new record. With lookup, an earlier attempt may have made it,
// and the intent is still that attempt's.
func (p *pass) planCreate(it *item, ch *channel, l *Link, values contact.Values, now time.Time, lookup bool) {
	intent := Intent{ID: p.newID(now), Op: OpCreate, Fields: map[contact.Field]IntentValue{}, At: now}
	if lookup {
		intent.ID, intent.At = l.Intents[0].ID, l.Intents[0].At
		p.noteSent(l, l.Intents[0].values())
	}
	for f, v := range values {
		intent.Fields[f] = IntentValue{Val: v, H: v}
	}
	l.Intents = []Intent{intent}
	it.pushes = append(it.pushes, &push{item: it, channel: ch, intent: intent, key: it.next.ID, lookup: lookup})
}

// creatable returns the values a new record would get; none when nothing of the
// contact would be recognised there.
func (p *pass) creatable(c *Contact, ch *channel) contact.Values {
	values := contact.Values{}
	recognisable := false
	for f, v := range c.Fields {
		if v.V == "" || !ch.conn.Has(f) || !p.choices.directions[ch.conn.Provider][f].Sends() {
			continue
		}
		values[f] = v.V
		recognisable = recognisable || f == contact.Email || f == contact.Phone || f == contact.FirstName || f == contact.LastName
	}
	if !recognisable {
		return nil
	}
	return values
}

func (p *pass) noteFailure(c *Contact, l *Link, err error) {
	p.count(l.Provider.Source(), func(n *Counts) { n.Errors++ })
	level := Warning
	if final(err) {
		level = Failure
	}
	message := fault.Public(err)
	if title := l.Provider.Title(); !strings.Contains(message, title) {
		message = title + ": " + message
	}
	p.note(c, Activity{Level: level, Provider: l.Provider, Op: "error", Direction: "out", Message: message})
}

func labels(fields []contact.Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Label()
	}
	return strings.Join(names, ", ")
}

func sourceTitle(s contact.Source) string {
	if s == contact.App {
		return "the app"
	}
	return contact.Provider(s).Title()
}
