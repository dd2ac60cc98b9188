package conformance

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/pace"
)

var crmLimitCases = []crmCase{
	{"reads within the window", paceReads},
	{"changes within the window", paceChanges},
	{"a short throttle is waited for", throttleShort},
	{"a long throttle is reported", throttleLong},
	{"a throttled create is sent again", throttleCreate},
	{"budget", showBudget},
}

// paceReads reads far more than one window allows, many at once: it takes the
// windows' time, and no call is refused.
func paceReads(l *crmLab) {
	external := l.add(person(1))
	l.read(external)
	time.Sleep(time.Minute)
	budget := l.budget()
	class := slices.IndexFunc(budget.Classes, func(c pace.ClassBudget) bool { return c.Limit == budget.Limit })
	count := 3 * (budget.Limit - budget.Classes[class].Reserved)
	began := time.Now()
	done := make(chan error, count)
	for range count {
		go func() { done <- l.crm.Read(l.ctx, []contact.ExternalID{external}, nil)[external].Err }()
	}
	for range count {
		l.must(<-done)
	}
	took := time.Since(began)
	least := time.Duration(2*budget.WindowSeconds-1) * time.Second
	most := time.Duration(3*budget.WindowSeconds) * time.Second
	if took < least || took > most {
		l.Errorf("%d reads took %v, want %v to %v", count, took, least, most)
	}
}

func paceChanges(l *crmLab) {
	l.add(person(1))
	for range 30 {
		_, err := l.crm.ListChanged(l.ctx, time.Now().Add(-time.Hour), "")
		l.must(err)
	}
}

func throttleShort(l *crmLab) {
	l.mayThrottle = true
	external := l.add(person(1))
	for _, op := range l.operations(external) {
		l.Faults.Add(kit.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3"}}, Body: `{}`})
		began := time.Now()
		l.must(op.do())
		if took := time.Since(began); took < 3*time.Second || took > 20*time.Second {
			l.Errorf("%s took %v", op.name, took)
		}
	}
}

// throttleLong asks for a wait that no invocation can make: the time is reported,
// and no call is sent before it.
func throttleLong(l *crmLab) {
	l.mayThrottle = true
	external := l.add(person(1))
	l.Faults.Add(kit.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3600"}}, Body: `{}`, Times: -1})
	n := l.calls(func() {
		for _, op := range l.operations(external) {
			err := op.do()
			if !fault.Is(err, fault.Throttled) {
				l.Errorf("%s: %v", op.name, err)
				continue
			}
			if wait := time.Until(fault.As(err).Until); wait < 50*time.Minute || wait > 61*time.Minute {
				l.Errorf("%s is to wait %v", op.name, wait)
			}
		}
	})
	if n > 2 { // classes of calls may have limits of their own
		l.Errorf("%d calls", n)
	}
	l.Faults.Clear()
	time.Sleep(time.Hour + time.Minute)
	l.read(external)
}

// throttleCreate: a refused create did not happen, so it is sent again.
func throttleCreate(l *crmLab) {
	l.mayThrottle = true
	l.Faults.Add(l.Routes.Create.fault(kit.Fault{Status: http.StatusTooManyRequests, Body: `{}`, Times: 2}))
	n := l.calls(func() { l.create(1, person(1)) })
	if n != 3 || len(l.Live()) != 1 {
		l.Errorf("%d calls, %d records", n, len(l.Live()))
	}
}

// budget is what the adapter tells of its limits.
func (l *crmLab) budget() sync.Budget {
	l.Helper()
	b, err := l.crm.Budget(l.ctx)
	l.must(err)
	return b
}

func showBudget(l *crmLab) {
	external := l.add(person(1))
	time.Sleep(time.Minute)
	for range 5 {
		l.read(external)
	}
	if b := l.budget(); b.Used != 5 || b.Limit <= 0 || b.WindowSeconds <= 0 {
		l.Errorf("Budget = %+v", b)
	}
	time.Sleep(time.Minute)
	if b := l.budget(); b.Used != 0 {
		l.Errorf("Budget after a minute = %+v", b)
	}
}

// noTimeLeft gives a call less time than an answer needs: nothing is sent.
func noTimeLeft(l *crmLab) {
	external := l.add(person(1))
	ctx, cancel := context.WithTimeout(l.ctx, 2*time.Second)
	defer cancel()
	l.ctx = ctx
	n := l.calls(func() {
		for _, op := range l.operations(external) {
			if err := op.do(); !fault.Is(err, fault.Throttled) {
				l.Errorf("%s: %v", op.name, err)
			}
		}
	})
	if n != 0 || len(l.Live()) != 1 {
		l.Errorf("%d calls, %d records", n, len(l.Live()))
	}
}

func stopped(l *crmLab) {
	external := l.add(person(1))
	ctx, cancel := context.WithCancel(l.ctx)
	cancel()
	l.ctx = ctx
	for _, op := range l.operations(external) {
		if err := op.do(); err == nil || !errors.Is(err, context.Canceled) {
			l.Errorf("%s: %v", op.name, err)
		}
	}
}
