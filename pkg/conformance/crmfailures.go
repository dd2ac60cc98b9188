package conformance

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"text/tabwriter"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// CRMFailure is an answer that a vendor is documented or was seen to give, or the lack
// of one, and what has to come of it.
type CRMFailure struct {
	Name string
	// Fault is what happens to every call. Its Times is set.
	Fault kit.Fault
	// Read, Update and Create are the kinds of the errors of a listing, of an update and
	// of a create, each with how often the request was sent, such as "retryable x3". A
	// read by id fails like a listing, or finds the record gone where Gone says so.
	Read, Update, Create string
	Gone                 bool
	// Says is part of what people are told about the update, and Field what is named as
	// invalid there; "": nothing is.
	Says  string
	Field contact.Field
}

// CRMFailures provokes each failure once in a listing, an update and a create, and
// prints what came of them as a table. Open returns an adapter of a new account that
// was set up, and the faults in front of it.
func CRMFailures(t *testing.T, failures []CRMFailure, open func(t *testing.T) (sync.CRM, *kit.Faults)) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nfailure\tlisting\tupdate\tcreate\twhat people are told of the update")
	for _, f := range failures {
		t.Run(f.Name, func(t *testing.T) {
			f.Fault.Times = -1
			read, _ := f.provoke(t, open, func(ctx context.Context, crm sync.CRM, _ *sync.Record) error {
				_, err := crm.List(ctx, "")
				return err
			})
			f.provokeRead(t, open)
			update, told := f.provoke(t, open, func(ctx context.Context, crm sync.CRM, r *sync.Record) error {
				return crm.Update(ctx, []sync.UpdateRequest{{ID: r.ID, Current: r, Fields: contact.Values{contact.FirstName: "Ada"}}})[0].Err
			})
			create, _ := f.provoke(t, open, func(ctx context.Context, crm sync.CRM, _ *sync.Record) error {
				return crm.Create(ctx, []sync.CreateRequest{{Key: "two", Fields: contact.Values{contact.FirstName: "Two"}}})[0].Err
			})
			public := fault.Public(told)
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.Name, read, update, create, public)
			if read != f.Read || update != f.Update || create != f.Create {
				t.Errorf("listing %q, update %q, create %q; want %q, %q, %q", read, update, create, f.Read, f.Update, f.Create)
			}
			if !strings.Contains(public, f.Says) || f.Says == "" || len(public) > 400 {
				t.Errorf("people are told %q", public)
			}
			if e := fault.As(told); e != nil && f.Field != "" && e.Fields[string(f.Field)] == "" {
				t.Errorf("named as invalid: %v", e.Fields)
			}
		})
	}
	_ = w.Flush() // to memory
	t.Log(table.String())
}

// provokeRead demands that nothing but an answer that says so makes a record gone.
func (f CRMFailure) provokeRead(t *testing.T, open func(*testing.T) (sync.CRM, *kit.Faults)) {
	t.Helper()
	var reading sync.Reading
	_, _ = f.provoke(t, open, func(ctx context.Context, crm sync.CRM, r *sync.Record) error {
		reading = crm.Read(ctx, []contact.ExternalID{r.ID}, nil)[r.ID]
		return reading.Err
	})
	if reading.Gone() != f.Gone || reading.Record != nil {
		t.Errorf("read by id: %+v", reading)
	}
}

// provoke returns the kind of an operation's error and how often it was sent.
func (f CRMFailure) provoke(t *testing.T, open func(*testing.T) (sync.CRM, *kit.Faults), do func(context.Context, sync.CRM, *sync.Record) error) (outcome string, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		crm, faults := open(t)
		made := crm.Create(t.Context(), []sync.CreateRequest{{Key: "one", Fields: contact.Values{contact.FirstName: "One"}}})[0]
		if made.Err != nil {
			t.Fatal(made.Err)
		}
		faults.Add(f.Fault)
		meter := &sync.Meter{}
		err = do(sync.WithMeter(t.Context(), meter), crm, made.Record)
		outcome = "success"
		if err != nil {
			outcome = fault.KindOf(err).String()
		}
		calls, _ := meter.Take()
		for _, n := range calls {
			outcome += fmt.Sprintf(" x%d", n)
		}
	})
	return outcome, err
}
