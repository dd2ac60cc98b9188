package conformance

import (
	"maps"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

var crmHistoryCases = []crmCase{
	{"changed by both sides", historyOfBothSides},
	{"an edit between read and write", historyOfLostEdit},
	{"cleared", historyOfClears},
	{"without changes", historyWithoutChanges},
	{"a field that does not exist", historyOfAbsentField},
	{"unknown record", historyOfUnknown},
	{"read or not read", historyWithReads},
}

// historied are fields of every kind that a vendor keeps in its own way.
var historied = []contact.Field{contact.Email, contact.FirstName, contact.LastName, contact.Phone, contact.Pronouns}

// historyOf returns the history of the fields of one record as the product gets it:
// with a read where the vendor gives it, else by a call of its own.
func (l *crmLab) historyOf(external contact.ExternalID, fields []contact.Field, since time.Time) map[contact.Field][]sync.Revision {
	l.Helper()
	if l.crm.Limits().History {
		reading := l.crm.Read(l.ctx, []contact.ExternalID{external}, fields)[external]
		if reading.Record == nil {
			l.Fatalf("Read(%s): %+v", external, reading)
		}
		return reading.Record.History
	}
	return l.changesOf(external, fields, since)
}

func (l *crmLab) changesOf(external contact.ExternalID, fields []contact.Field, since time.Time) map[contact.Field][]sync.Revision {
	l.Helper()
	history, err := l.crm.History(l.ctx, external, fields, since)
	l.must(err)
	return history
}

// revised checks that a history holds exactly these values, newest first, each
// given no earlier than the one before, and the last given whenever.
func (l *crmLab) revised(history map[contact.Field][]sync.Revision, field contact.Field, want ...string) {
	l.Helper()
	list, known := history[field]
	var got []string
	for i, r := range list {
		got = append(got, r.Value)
		if i > 0 && r.At.After(list[i-1].At) || i < len(list)-1 && r.At.IsZero() {
			l.Errorf("%s: a revision of %v before one of %v", field, list[i-1].At, r.At)
		}
	}
	if !known || !slices.Equal(got, want) {
		l.Errorf("%s was given %q, known: %v, want %q", field, got, known, want)
	}
}

// update writes values through the adapter, over the record as it was read.
func (l *crmLab) update(current *sync.Record, values contact.Values) *sync.Record {
	l.Helper()
	result := l.crm.Update(l.ctx, []sync.UpdateRequest{{ID: current.ID, Current: current, Fields: values}})[0]
	if result.Err != nil || result.Record == nil {
		l.Fatalf("Update(%s, %v): %+v", current.ID, values, result)
	}
	return result.Record
}

// valued returns a value of every field of historied.
func valued(n string) contact.Values {
	return contact.Values{
		contact.Email: n + "@example.com", contact.FirstName: "First" + n, contact.LastName: "Last" + n,
		contact.Phone: "+1 555 0100 " + n, contact.Pronouns: "pronouns " + n,
	}
}

func historyOfBothSides(l *crmLab) {
	external := l.add(valued("0"))
	since := time.Now().UTC()
	times := []time.Time{}
	step := func(do func()) {
		time.Sleep(time.Minute)
		times = append(times, time.Now().UTC().Truncate(time.Second))
		do()
	}
	step(func() { l.update(l.read(external), valued("1")) })
	step(func() { l.must(l.Edit(external, valued("2"))) })
	step(func() { l.update(l.read(external), valued("3")) })
	history := l.historyOf(external, historied, since)
	for _, field := range historied {
		l.revised(history, field, valued("3")[field], valued("2")[field], valued("1")[field], valued("0")[field])
		for i, r := range history[field][:min(3, len(history[field]))] {
			if want := times[2-i]; !r.At.Truncate(time.Second).Equal(want) {
				l.Errorf("%s: %q at %v, want %v", field, r.Value, r.At, want)
			}
		}
	}
	changes := l.changesOf(external, historied, times[1])
	for _, field := range historied {
		l.revised(changes, field, valued("3")[field], valued("2")[field], valued("1")[field])
	}
}

// historyOfLostEdit writes over an edit that the writer did not see, also when all
// happens in one moment: the value that the write replaced is told.
func historyOfLostEdit(l *crmLab) {
	for _, pause := range []time.Duration{time.Minute, 0} {
		external := l.add(valued("0"))
		since := time.Now().UTC()
		current := l.read(external)
		time.Sleep(pause)
		l.must(l.Edit(external, valued("person")))
		time.Sleep(pause)
		l.update(current, valued("ours"))
		history := l.historyOf(external, historied, since)
		for _, field := range historied {
			l.revised(history, field, valued("ours")[field], valued("person")[field], valued("0")[field])
		}
		l.must(l.Remove(external))
	}
}

func historyOfClears(l *crmLab) {
	external := l.add(valued("0"))
	since := time.Now().UTC()
	time.Sleep(time.Minute)
	cleared := contact.Values{contact.Email: "", contact.LastName: "", contact.Phone: "", contact.Pronouns: ""}
	l.must(l.Edit(external, cleared))
	time.Sleep(time.Minute)
	l.update(l.read(external), valued("1"))
	history := l.historyOf(external, historied, since)
	for field := range cleared {
		l.revised(history, field, valued("1")[field], "", valued("0")[field])
	}
	l.revised(history, contact.FirstName, valued("1")[contact.FirstName], valued("0")[contact.FirstName])
}

func historyWithoutChanges(l *crmLab) {
	known := valued("0")
	delete(known, contact.Phone)
	external := l.add(known)
	time.Sleep(time.Minute)
	l.must(l.Edit(external, contact.Values{contact.FirstName: "Before"}))
	time.Sleep(time.Minute)
	since := time.Now().UTC()
	time.Sleep(time.Minute)
	l.must(l.Edit(external, contact.Values{contact.LastName: "After"}))
	changes := l.changesOf(external, historied, since)
	l.revised(changes, contact.LastName, "After", known[contact.LastName])
	for _, field := range []contact.Field{contact.Email, contact.FirstName, contact.Phone, contact.Pronouns} {
		l.revised(changes, field)
	}
	if len(changes) != len(historied) {
		l.Errorf("%d fields, %d were asked for", len(changes), len(historied))
	}
	if l.crm.Limits().History {
		l.revised(l.historyOf(external, historied, since), contact.Phone)
	}
}

// historyOfAbsentField: nothing is said about a field that does not exist.
func historyOfAbsentField(l *crmLab) {
	external := l.add(valued("0"))
	missing := maps.Clone(l.fields)
	missing[contact.Pronouns] = sync.RemoteField{State: sync.FieldMissing}
	l.crm = l.open(missing)
	since := time.Now().UTC()
	l.must(l.Edit(external, valued("1")))
	history := l.historyOf(external, historied, since)
	if list, ok := history[contact.Pronouns]; ok || len(history) != len(historied)-1 {
		l.Errorf("a field that does not exist was given %v; %d fields", list, len(history))
	}
}

func historyOfUnknown(l *crmLab) {
	if history, err := l.crm.History(l.ctx, "999999999", historied, time.Now()); !fault.Is(err, fault.NotFound) {
		l.Errorf("%v, %v", history, err)
	}
}

// historyWithReads: a history costs a read nothing, and comes only when asked for.
func historyWithReads(l *crmLab) {
	made := l.addMany(30)
	var readings map[contact.ExternalID]sync.Reading
	if n := l.calls(func() { readings = l.crm.Read(l.ctx, made, historied[:1]) }); n != 1 {
		l.Errorf("%d calls to read with histories, want 1", n)
	}
	for external, r := range readings {
		if r.Record == nil {
			l.Fatalf("Read(%s) = %+v", external, r)
		}
		_, told := r.Record.History[historied[0]]
		if with := l.crm.Limits().History; told != with || len(r.Record.History) > 1 {
			l.Errorf("Read(%s) brings %v", external, r.Record.History)
		}
	}
	if r := l.read(made[0]); r.History != nil {
		l.Errorf("a read brings %v, which nobody asked for", r.History)
	}
}
