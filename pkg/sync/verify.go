package sync

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// The lost-update check, part of steps 3 and 4. No CRM offers compare-and-set: a
// person can edit a record between our read and our write, and the write replaces
// the edit unseen. So every write of a field is remembered with the value it was
// meant to replace, and the record's history says later what it did replace.

const (
	// staleFor is how long after a write a read may still show what was there before.
	staleFor = 5 * time.Second
	// clockSkew is how far a vendor's times may be from each other, and from ours.
	clockSkew = 2 * time.Second
	// maxVerify bounds the writes of one link that are remembered; the oldest go first.
	maxVerify = 64
)

// Verify is one written field that is still to be checked.
type Verify struct {
	Field  contact.Field `json:"f"`
	Wrote  string        `json:"wrote"`
	Expect string        `json:"expect"` // what the write was meant to replace
	H      string        `json:"h"`      // the app's value that it stands for
	At     time.Time     `json:"at"`     // when it was acknowledged; in doubt: sent
	// Modified is the vendor's own time of the write; zero when it is in doubt.
	Modified time.Time `json:"modified,omitzero"`
	// Checked entries found what they replaced, and only tell old reads now.
	Checked bool `json:"checked,omitempty"`
}

// doubtful reports whether it is not known that the write arrived at all.
func (v Verify) doubtful() bool { return v.Modified.IsZero() }

func (v Verify) young(now time.Time) bool { return now.Before(v.At.Add(staleFor)) }

// remember notes writes to be checked.
func (l *Link) remember(list ...Verify) {
	l.Verify = append(l.Verify, list...)
	if extra := len(l.Verify) - maxVerify; extra > 0 {
		l.Verify = slices.Delete(l.Verify, 0, extra)
	}
}

// doubt notes that an update may still arrive, until a time, or may have arrived.
func (l *Link) doubt(in Intent, until time.Time) {
	for _, f := range sortedKeys(in.Fields) {
		v := in.Fields[f]
		l.InDoubt = append(l.InDoubt, InDoubt{Field: f, Val: v.Val, Until: until})
		l.remember(Verify{Field: f, Wrote: v.Val, Expect: v.Expect, H: v.H, At: in.At})
	}
	for _, f := range sortedKeys(in.Along) {
		l.remember(Verify{Field: f, Wrote: in.Along[f], Expect: in.Along[f], H: l.Shadow[f].H, At: in.At})
	}
}

// unchecked lists the fields of the link whose history is to be read: that of writes
// never acknowledged says whether they arrived.
func (l *Link) unchecked() []contact.Field {
	var fields []contact.Field
	for _, in := range l.Intents {
		for _, f := range append(sortedKeys(in.Fields), sortedKeys(in.Along)...) {
			if in.Op == OpUpdate && !slices.Contains(fields, f) {
				fields = append(fields, f)
			}
		}
	}
	for _, v := range l.Verify {
		if !v.Checked && !slices.Contains(fields, v.Field) {
			fields = append(fields, v.Field)
		}
	}
	return fields
}

// readHistories asks for the history of records that a read did not bring it for:
// where a write is in doubt, or the connection wants every write checked.
func (p *pass) readHistories(ctx context.Context, ch *channel, contacts []*Contact) {
	if ch.limits.History {
		return
	}
	for _, c := range contacts {
		l := c.Link(ch.conn.ID)
		if l == nil || ch.stopped != nil || !l.readable() {
			continue
		}
		r := ch.reads[l.ExternalID].Record
		if r == nil || r.History != nil || !ch.conn.VerifyWrites && !l.inDoubt() {
			continue
		}
		fields := l.unchecked()
		if len(fields) == 0 {
			continue
		}
		history, err := ch.crm.History(ctx, r.ID, fields, l.firstUnchecked().Add(-time.Minute))
		if err != nil {
			if concernsConnection(err) {
				p.halt(ctx, ch, err)
			}
			continue // looked at again when the record is read again
		}
		r.History = history
	}
}

// inDoubt reports whether it is not known of some write whether it arrived.
func (l *Link) inDoubt() bool {
	return slices.ContainsFunc(l.Verify, Verify.doubtful) ||
		slices.ContainsFunc(l.Intents, func(in Intent) bool { return in.Op == OpUpdate })
}

// firstUnchecked is when the earliest of the writes that are to be checked was made.
func (l *Link) firstUnchecked() time.Time {
	var first time.Time
	for _, v := range l.Verify {
		if first.IsZero() || v.At.Before(first) {
			first = v.At
		}
	}
	for _, in := range l.Intents {
		if first.IsZero() || in.At.Before(first) {
			first = in.At
		}
	}
	return first
}

// examine looks up in a record's history what our writes replaced. An edit found
// that way is kept as lost until the merge has dealt with it.
func (p *pass) examine(l *Link, ch *channel, r *Record, now time.Time) {
	checkable := ch.limits.History || ch.conn.VerifyWrites
	var kept []Verify
	for _, v := range l.Verify {
		history, read := r.History[v.Field]
		if read && !v.Checked {
			i := p.ownRevision(v, history, ch.limits.Timeout)
			if i >= 0 {
				v.Checked = true
				p.noteLost(l, v, history[i+1:])
				p.noteArrived(l, v, now)
			} else if !v.young(now) {
				continue // it never arrived, or changed nothing
			}
		}
		if v.young(now) || !v.Checked && (checkable || v.doubtful() && !read) {
			kept = append(kept, v)
		}
	}
	l.Verify = kept
}

// ownRevision finds the revision that a write made, or -1.
func (p *pass) ownRevision(v Verify, history []Revision, timeout time.Duration) int {
	from, to, at := v.Modified.Add(-clockSkew), v.Modified.Add(clockSkew), v.Modified
	if v.doubtful() {
		from, to, at = v.At.Add(-clockSkew), v.At.Add(timeout+clockSkew), v.At
	}
	best := -1
	for i, r := range history {
		if r.At.Before(from) || r.At.After(to) || !p.choices.canonical.Equal(v.Field, r.Value, v.Wrote) {
			continue
		}
		if best < 0 || r.At.Sub(at).Abs() <= history[best].At.Sub(at).Abs() {
			best = i
		}
	}
	return best
}

// noteArrived takes note that a write whose answer was lost did arrive: what both sides
// held then is what was last agreed, whatever somebody has made of it since.
func (p *pass) noteArrived(l *Link, v Verify, now time.Time) {
	s, agreed := l.Shadow[v.Field]
	if v.doubtful() && agreed && p.choices.canonical.Equal(v.Field, s.R, v.Expect) {
		l.agree(v.Field, v.H, v.Wrote, now)
	}
}

// noteLost keeps the value that a write replaced, unless it is the one that was
// expected there or one of our own.
func (p *pass) noteLost(l *Link, v Verify, older []Revision) {
	if len(older) == 0 {
		return
	}
	replaced := older[0]
	same := func(value string) bool { return p.choices.canonical.Equal(v.Field, value, replaced.Value) }
	own := slices.ContainsFunc(l.Verify, func(o Verify) bool { return o.Field == v.Field && same(o.Wrote) })
	if own || same(v.Expect) {
		return
	}
	if l.Lost == nil {
		l.Lost = map[contact.Field]reconcile.Lost{}
	}
	if known, ok := l.Lost[v.Field]; !ok || !known.At.After(replaced.At) {
		l.Lost[v.Field] = reconcile.Lost{Value: replaced.Value, At: replaced.At, Base: v.Expect}
	}
}

// replaced lists the values that a read too old would still show.
func (l *Link) replaced(now time.Time) map[contact.Field][]string {
	values := map[contact.Field][]string{}
	for _, v := range l.Verify {
		if !v.doubtful() && v.young(now) {
			values[v.Field] = append(values[v.Field], v.Expect)
		}
	}
	return values
}

// readAgainAt is when a read of the field can no longer be too old.
func (l *Link) readAgainAt(f contact.Field) time.Time {
	var at time.Time
	for _, v := range l.Verify {
		if v.Field == f && !v.doubtful() {
			at = later(at, v.At.Add(staleFor))
		}
	}
	return at
}

// dropLost forgets lost edits that were dealt with: those of fields not held.
func (l *Link) dropLost(held map[contact.Field]Hold) {
	maps.DeleteFunc(l.Lost, func(f contact.Field, _ reconcile.Lost) bool { _, waits := held[f]; return !waits })
}
