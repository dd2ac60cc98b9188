package conformance

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"testing/synctest"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// CRMHarness describes an adapter to the suite of [sync.CRM].
type CRMHarness struct {
	// Specs are the fields the adapter offers, the key included.
	Specs []sync.FieldSpec
	// Account makes an account with the vendor's strictest limits, without records
	// and without the custom fields of Specs. It is called inside a synctest bubble.
	Account func(t *testing.T) CRMAccount
	Routes  CRMRoutes
	// Refused are values of which the vendor, or the adapter for it, refuses one.
	Refused contact.Values
	// UniqueEmail: the vendor refuses an address that another record has.
	UniqueEmail bool
	// MergeResolves: an id that was merged away answers with the survivor.
	MergeResolves bool
}

// CRMAccount is a vendor's account: its API, the adapter's side, and the side of
// the people who work in the CRM.
type CRMAccount struct {
	API  http.Handler
	Open func(CRMLine) sync.CRM
	// Credential is what the adapter sends; "" is [CRMToken].
	Credential string
	Faults     *kit.Faults

	Add    func(contact.Values) (contact.ExternalID, error)
	Edit   func(contact.ExternalID, contact.Values) error
	Remove func(contact.ExternalID) error
	// Merge joins the second record into the first and returns the surviving id.
	Merge func(survivor, loser contact.ExternalID) (contact.ExternalID, error)
	// Live returns the live records by id, as people see them.
	Live func() map[contact.ExternalID]contact.Values
	// Revoke makes the vendor refuse the credential from now on.
	Revoke func()
	// ForbidFields takes the right to create fields from the credential.
	ForbidFields func()
}

// CRMLine is what an adapter is opened with, next to its credential.
type CRMLine struct {
	Fields       map[contact.Field]sync.RemoteField
	RoundTripper http.RoundTripper
	Log          *slog.Logger
}

// CRMToken is the credential of the accounts of the suite.
const CRMToken = "pat-na1-5ecret-0f-the-conformance-suite"

// CRMRoutes tell which requests an operation makes, so that faults can meet them.
type CRMRoutes struct{ List, Changed, Read, Create, Update, Delete CRMRoute }

// CRMRoute matches requests by method and beginning of the path.
type CRMRoute struct{ Method, Path string }

func (r CRMRoute) fault(f kit.Fault) kit.Fault {
	f.Method, f.PathPrefix = r.Method, r.Path
	return f
}

// CRM runs the suite. Time is that of a synctest bubble: waits cost nothing, and
// an answer of 429 that no case asked for fails it.
func CRM(t *testing.T, h CRMHarness) {
	for _, suite := range crmSuites {
		for _, c := range suite.cases {
			t.Run(suite.name+"/"+c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					lab := newCRMLab(t, h)
					c.run(lab)
					lab.checkCalls()
				})
			})
		}
	}
}

type crmCase struct {
	name string
	run  func(*crmLab)
}

var crmSuites = []struct {
	name  string
	cases []crmCase
}{
	{"read", crmReadCases},
	{"history", crmHistoryCases},
	{"write", crmWriteCases},
	{"fields", crmFieldCases},
	{"faults", crmFaultCases},
	{"limits", crmLimitCases},
}

// crmLab is one case's account with the adapter opened on it.
type crmLab struct {
	*testing.T
	CRMHarness
	CRMAccount
	crm    sync.CRM
	fields map[contact.Field]sync.RemoteField
	wire   *wire
	logged *logBook
	meter  *sync.Meter
	ctx    context.Context
	// mayThrottle is set by cases that make the vendor answer 429.
	mayThrottle bool
}

// newCRMLab sets an account up as the product does: the fields are made first.
func newCRMLab(t *testing.T, h CRMHarness) *crmLab {
	t.Helper()
	account := h.Account(t)
	lab := &crmLab{
		T: t, CRMHarness: h, CRMAccount: account, meter: &sync.Meter{},
		wire: newWire(account.API), logged: &logBook{},
	}
	lab.ctx = sync.WithMeter(t.Context(), lab.meter)
	lab.crm = lab.open(nil)
	for _, spec := range h.Specs {
		if !spec.Custom {
			continue
		}
		if made := lab.ensure(spec); made.State != sync.FieldPresent {
			t.Fatalf("Ensure(%s) = %+v", spec.Field, made)
		}
	}
	lab.fields = lab.discover()
	lab.crm = lab.open(lab.fields)
	return lab
}

func (l *crmLab) open(fields map[contact.Field]sync.RemoteField) sync.CRM {
	return l.Open(CRMLine{Fields: fields, RoundTripper: l.wire, Log: slog.New(slog.NewTextHandler(l.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
}

func (l *crmLab) ensure(spec sync.FieldSpec) sync.RemoteField {
	l.Helper()
	field, err := l.crm.Ensure(l.ctx, spec)
	if err != nil {
		l.Fatalf("Ensure(%s): %v", spec.Field, err)
	}
	return field
}

func (l *crmLab) discover() map[contact.Field]sync.RemoteField {
	l.Helper()
	found, err := l.crm.Discover(l.ctx, l.Specs)
	if err != nil {
		l.Fatalf("Discover: %v", err)
	}
	return found
}

// credential is what must get out nowhere.
func (l *crmLab) credential() string { return cmp.Or(l.Credential, CRMToken) }

// checkCalls holds the adapter to what it owes in every case: it counts each
// request, keeps the limits, and lets the credential out nowhere.
func (l *crmLab) checkCalls() {
	l.Helper()
	calls, setup := l.meter.Take()
	counted := 0
	for _, n := range slices.Concat(slices.Collect(maps.Values(calls)), slices.Collect(maps.Values(setup))) {
		counted += n
	}
	if sent := l.wire.total(); counted != sent {
		l.Errorf("%d calls counted, %d sent", counted, sent)
	}
	if n := l.wire.answers(http.StatusTooManyRequests); n > 0 && !l.mayThrottle {
		l.Errorf("%d answers of 429", n)
	}
	if strings.Contains(l.logged.text(), l.credential()) {
		l.Error("the credential is in the log")
	}
}

// calls returns how many requests f sends.
func (l *crmLab) calls(f func()) int {
	before := l.wire.total()
	f()
	return l.wire.total() - before
}

// add makes a record as a person does.
func (l *crmLab) add(values contact.Values) contact.ExternalID {
	l.Helper()
	id, err := l.Add(values)
	if err != nil {
		l.Fatalf("adding %v: %v", values, err)
	}
	return id
}

func (l *crmLab) addMany(n int) []contact.ExternalID {
	l.Helper()
	made := make([]contact.ExternalID, n)
	for i := range made {
		made[i] = l.add(person(i))
	}
	return made
}

func (l *crmLab) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

// person returns the values of the n-th of many different people.
func person(n int) contact.Values {
	return contact.Values{
		contact.Email:     fmt.Sprintf("person%d@example.com", n),
		contact.FirstName: fmt.Sprintf("First%d", n),
		contact.LastName:  fmt.Sprintf("Last%d", n),
		contact.Phone:     fmt.Sprintf("+1 555 01%05d", n),
	}
}

func requests(n int) []sync.CreateRequest {
	list := make([]sync.CreateRequest, n)
	for i := range list {
		list[i] = sync.CreateRequest{Key: id(i + 1), Fields: person(i)}
	}
	return list
}

// create makes one record through the adapter.
func (l *crmLab) create(key int, values contact.Values) *sync.Record {
	l.Helper()
	result := l.crm.Create(l.ctx, []sync.CreateRequest{{Key: id(key), Fields: values}})[0]
	if result.Err != nil || result.Record == nil {
		l.Fatalf("Create(%v): %+v", values, result)
	}
	return result.Record
}

// read reads one record that exists.
func (l *crmLab) read(external contact.ExternalID) *sync.Record {
	l.Helper()
	reading := l.crm.Read(l.ctx, []contact.ExternalID{external}, nil)[external]
	if reading.Err != nil || reading.Record == nil {
		l.Fatalf("Read(%s): %+v", external, reading)
	}
	return reading.Record
}

// list walks a listing and returns all records by id, and its pages' sizes.
func (l *crmLab) list(next func(cursor string) (sync.Page, error)) (map[contact.ExternalID]*sync.Record, []int) {
	l.Helper()
	found := map[contact.ExternalID]*sync.Record{}
	var sizes []int
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := next(cursor)
		if err != nil {
			l.Fatalf("listing: %v", err)
		}
		sizes = append(sizes, len(page.Records)+len(page.IDs))
		for _, r := range page.Records {
			if found[r.ID] != nil {
				l.Errorf("record %s is listed twice", r.ID)
			}
			found[r.ID] = r
		}
		for external, reading := range l.crm.Read(l.ctx, page.IDs, nil) {
			if reading.Record != nil {
				found[external] = reading.Record
			}
		}
		cursor = page.Next
		if len(sizes) > 100 {
			l.Fatal("the listing does not end")
		}
	}
	return found, sizes
}

func (l *crmLab) listAll() (map[contact.ExternalID]*sync.Record, []int) {
	l.Helper()
	return l.list(func(cursor string) (sync.Page, error) { return l.crm.List(l.ctx, cursor) })
}

// same reports whether values mean the same for every field of want.
func (l *crmLab) same(what string, got, want contact.Values) {
	l.Helper()
	for _, field := range slices.SortedFunc(maps.Keys(want), func(a, b contact.Field) int { return cmp.Compare(a, b) }) {
		if !(contact.Canonical{}).Equal(field, got[field], want[field]) {
			l.Errorf("%s: %s is %q, want %q", what, field, got[field], want[field])
		}
	}
}

func pages(n, size int) int { return (n + size - 1) / size }

// wire carries requests to the API in process and keeps count of the answers.
type wire struct {
	to kit.Transport

	mu     gosync.Mutex
	status map[int]int // 0: no answer
}

func newWire(api http.Handler) *wire {
	return &wire{to: kit.Transport{Handler: api}, status: map[int]int{}}
}

// RoundTrip implements [http.RoundTripper].
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.to.RoundTrip(req)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.status[0]++
		return nil, err
	}
	w.status[resp.StatusCode]++
	return resp, nil
}

func (w *wire) total() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, count := range w.status {
		n += count
	}
	return n
}

func (w *wire) answers(status int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status[status]
}

// logBook keeps what an adapter logs.
type logBook struct {
	mu gosync.Mutex
	b  strings.Builder
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *logBook) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
