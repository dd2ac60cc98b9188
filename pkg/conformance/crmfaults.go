package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

var crmFaultCases = []crmCase{
	{"reads survive a short failure", failThenRead},
	{"reads give up on a long one", failForGood},
	{"updates survive a short failure", failThenUpdate},
	{"updates may be in doubt", failUpdate},
	{"deletes survive a lost answer", failThenDelete},
	{"a create whose answer is lost", loseCreate},
	{"a create that never arrived", loseCreateBefore},
	{"a create behind a failing gateway", failCreate},
	{"answers that are not data", answerRubbish},
	{"refused credential", refuseCredential},
	{"no time left", noTimeLeft},
	{"stopped", stopped},
}

// crmOperation is an operation that reads or writes records, as the error it ends with.
type crmOperation struct {
	name string
	do   func() error
}

// operations returns every operation on one record, the deletion last.
func (l *crmLab) operations(external contact.ExternalID) []crmOperation {
	current := &sync.Record{ID: external, Fields: person(1)}
	return []crmOperation{
		{"list", func() error { _, err := l.crm.List(l.ctx, ""); return err }},
		{"changed", func() error {
			_, err := l.crm.ListChanged(l.ctx, time.Now().Add(-time.Hour), "")
			return err
		}},
		{"read", func() error {
			return l.crm.Read(l.ctx, []contact.ExternalID{external}, nil)[external].Err
		}},
		{"create", func() error { return l.crm.Create(l.ctx, requests(1))[0].Err }},
		{"update", func() error {
			return l.crm.Update(l.ctx, []sync.UpdateRequest{{ID: external, Current: current, Fields: contact.Values{contact.LastName: "New"}}})[0].Err
		}},
		{"delete", func() error { return l.crm.Delete(l.ctx, []contact.ExternalID{external})[0] }},
	}
}

func (l *crmLab) operation(external contact.ExternalID, name string) error {
	l.Helper()
	for _, operation := range l.operations(external) {
		if operation.name == name {
			return operation.do()
		}
	}
	l.Fatalf("no operation %q", name)
	return nil
}

var crmReads = map[string]bool{"list": true, "changed": true, "read": true}

func failThenRead(l *crmLab) {
	external := l.add(person(1))
	for _, f := range []kit.Fault{{Status: 500}, {Status: 502, Body: "<html>bad gateway</html>", ContentType: "text/html"}, {Status: 524}, {Drop: kit.DropBefore}, {Drop: kit.DropAfter}} {
		for name, route := range map[string]CRMRoute{"list": l.Routes.List, "changed": l.Routes.Changed, "read": l.Routes.Read} {
			l.Faults.Add(route.fault(f))
			n := l.calls(func() {
				if err := l.operation(external, name); err != nil {
					l.Errorf("%s after one %+v: %v", name, f, err)
				}
			})
			if n != 2 {
				l.Errorf("%s: %d calls, want 2", name, n)
			}
		}
	}
}

func failForGood(l *crmLab) {
	external := l.add(person(1))
	l.Faults.Add(kit.Fault{Status: 503, Times: -1})
	for name := range crmReads {
		n := l.calls(func() {
			if err := l.operation(external, name); !fault.Is(err, fault.Retryable) {
				l.Errorf("%s: %v", name, err)
			}
		})
		if n < 2 || n > 4 {
			l.Errorf("%s: %d calls", name, n)
		}
	}
}

func failThenUpdate(l *crmLab) {
	external := l.add(person(1))
	current := l.read(external)
	for i, f := range []kit.Fault{{Status: 500}, {Drop: kit.DropAfter}, {Status: 504, Applied: true}} {
		l.Faults.Add(l.Routes.Update.fault(f))
		name := fmt.Sprintf("New%d", i)
		result := l.crm.Update(l.ctx, []sync.UpdateRequest{{ID: external, Current: current, Fields: contact.Values{contact.FirstName: name}}})[0]
		l.must(result.Err)
		l.same("reading", l.read(external).Fields, contact.Values{contact.FirstName: name})
	}
}

func failUpdate(l *crmLab) {
	external := l.add(person(1))
	l.Faults.Add(l.Routes.Update.fault(kit.Fault{Drop: kit.DropAfter, Times: -1}))
	if err := l.operation(external, "update"); !fault.Is(err, fault.OutcomeUnknown) {
		l.Errorf("update without any answer: %v", err)
	}
	l.Faults.Clear()
	l.same("reading", l.read(external).Fields, contact.Values{contact.LastName: "New"})
}

func failThenDelete(l *crmLab) {
	external := l.add(person(1))
	l.Faults.Add(l.Routes.Delete.fault(kit.Fault{Drop: kit.DropAfter}))
	l.must(l.operation(external, "delete"))
	if len(l.Live()) != 0 {
		l.Error("the record is still there")
	}
}

// loseCreate drops the connection after the vendor made the records. Whatever the
// adapter does then, there is one record per key, and it is found by its key.
func loseCreate(l *crmLab) {
	since := time.Now().UTC()
	l.Faults.Add(l.Routes.Create.fault(kit.Fault{Drop: kit.DropAfter}))
	l.createInDoubt(since, 1)
}

func loseCreateBefore(l *crmLab) {
	since := time.Now().UTC()
	l.Faults.Add(l.Routes.Create.fault(kit.Fault{Drop: kit.DropBefore}))
	l.createInDoubt(since, 0)
}

func failCreate(l *crmLab) {
	since := time.Now().UTC()
	l.Faults.Add(l.Routes.Create.fault(kit.Fault{Status: 504, Applied: true}))
	l.createInDoubt(since, 1)
}

// createInDoubt creates one record whose first answer is lost. Where sending again
// is safe it succeeds; elsewhere its outcome is unknown and nothing is sent again.
func (l *crmLab) createInDoubt(since time.Time, exists int) {
	l.Helper()
	var result sync.WriteResult
	n := l.calls(func() { result = l.crm.Create(l.ctx, requests(1))[0] })
	if l.crm.Limits().CreateOnce {
		exists = 1
		l.must(result.Err)
		l.same("answer", result.Record.Fields, person(0))
	} else if n != 1 || !fault.Is(result.Err, fault.OutcomeUnknown) {
		l.Errorf("%d calls, %v", n, result.Err)
	}
	found, err := l.crm.FindByKeys(l.ctx, []contact.ID{id(1)}, since)
	l.must(err)
	if len(found[id(1)]) != exists || len(l.Live()) != exists {
		l.Errorf("%d records with the key, %d in all, want %d", len(found[id(1)]), len(l.Live()), exists)
	}
}

// answerRubbish meets every operation with answers that are no data. Nothing may
// panic, succeed, or leave a text that is unfit for people.
func answerRubbish(l *crmLab) {
	external := l.add(person(1))
	page := `<!DOCTYPE html><html><head><title>Access denied</title></head><body>` + l.credential() + strings.Repeat(" x", 5000) + `</body></html>`
	answers := map[string]kit.Fault{
		"a page with 200":        {Status: 200, Body: page, ContentType: "text/html"},
		"a page with 400":        {Status: 400, Body: page, ContentType: "text/html"},
		"a page with 418":        {Status: 418, Body: page, ContentType: "text/html"},
		"nothing with 200":       {Status: 200},
		"nothing with 400":       {Status: 400},
		"cut off":                {Status: 200, Body: `{"results":[{"id":"1","prop`},
		"another type":           {Status: 200, Body: `{"results":"none","data":7,"id":{}}`},
		"a list":                 {Status: 200, Body: `[1,2]`},
		"a number":               {Status: 400, Body: `42`},
		"an error that is null":  {Status: 400, Body: `{"message":null,"errors":null,"context":null,"category":null,"error":null}`},
		"an error of a new form": {Status: 400, Body: `{"message":"odd","errors":["text"],"context":{"ids":[1,{"a":2}],"x":"y"}}`},
		"an echo":                {Status: 400, Body: `{"message":"` + l.credential() + ` is odd","error":"` + l.credential() + ` is odd"}`},
		"a redirect":             {Status: 302, Header: http.Header{"Location": {"https://example.com/login"}}},
		"a status nobody knows":  {Status: 499, Body: `{}`},
	}
	for what, answer := range answers {
		for _, op := range l.operations(external) {
			if op.name == "delete" && answer.Status == 200 {
				continue // whatever it holds, the record was deleted
			}
			l.Faults.Add(kit.Fault{Status: answer.Status, Body: answer.Body, ContentType: answer.ContentType, Header: answer.Header, Times: -1})
			err := op.do()
			l.Faults.Clear()
			if err == nil {
				l.Errorf("%s met with %s succeeds", op.name, what)
				continue
			}
			l.checkText(op.name+" met with "+what, err)
			if write := !crmReads[op.name]; write && answer.Status == 200 && !fault.Is(err, fault.OutcomeUnknown) {
				l.Errorf("%s met with %s: %v", op.name, what, err)
			}
		}
	}
}

// checkText holds an error to what people may read, and every text to secrecy.
func (l *crmLab) checkText(what string, err error) {
	l.Helper()
	public := fault.Public(err)
	if len(public) < 10 || len(public) > 500 || strings.Contains(public, "<html") || strings.Contains(public, "http") {
		l.Errorf("%s: %q is no text for people", what, public)
	}
	if strings.Contains(err.Error()+public, l.credential()) {
		l.Errorf("%s: the credential is in the error", what)
	}
	if len(err.Error()) > 1500 {
		l.Errorf("%s: the error has %d characters", what, len(err.Error()))
	}
}

func refuseCredential(l *crmLab) {
	external := l.add(person(1))
	l.Revoke()
	for _, op := range l.operations(external) {
		n := l.calls(func() {
			err := op.do()
			if !fault.Is(err, fault.Unauthorised) {
				l.Errorf("%s: %v", op.name, err)
			}
			l.checkText(op.name, err)
		})
		if n != 1 {
			l.Errorf("%s: %d calls", op.name, n)
		}
	}
	if _, err := l.crm.Account(l.ctx); !fault.Is(err, fault.Unauthorised) {
		l.Errorf("account: %v", err)
	}
}
