package conformance

import (
	gosync "sync"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var crmFieldCases = []crmCase{
	{"discover", discoverFields},
	{"discover before they exist", discoverMissing},
	{"ensure is idempotent", ensureAgain},
	{"ensure twice at once", ensureTogether},
	{"ensure without the right", ensureForbidden},
}

func discoverFields(l *crmLab) {
	for _, spec := range l.Specs {
		if got := l.fields[spec.Field]; got.State != sync.FieldPresent || got.Key == "" {
			l.Errorf("%s: %+v", spec.Field, got)
		}
	}
	if n := l.calls(func() { l.discover() }); n != 1 {
		l.Errorf("%d calls to discover the fields", n)
	}
}

// fresh moves the case to an account without custom fields.
func (l *crmLab) fresh() {
	l.Helper()
	l.meter.Take()
	account := l.Account(l.T)
	l.CRMAccount, l.wire = account, newWire(account.API)
	l.crm = l.open(nil)
}

func discoverMissing(l *crmLab) {
	l.fresh()
	found := l.discover()
	for _, spec := range l.Specs {
		want := sync.FieldPresent
		if spec.Custom {
			want = sync.FieldMissing
		}
		if got := found[spec.Field]; got.State != want || want == sync.FieldMissing && got.Message == "" {
			l.Errorf("%s: %+v, want %s", spec.Field, got, want)
		}
	}
}

func ensureAgain(l *crmLab) {
	for _, spec := range l.Specs {
		if got := l.ensure(spec); got != l.fields[spec.Field] {
			l.Errorf("%s: %+v, discovered %+v", spec.Field, got, l.fields[spec.Field])
		}
	}
}

// ensureTogether lets several instances, which know nothing of each other's
// calls, set one account up.
func ensureTogether(l *crmLab) {
	l.mayThrottle = true
	l.fresh()
	var wait gosync.WaitGroup
	var mu gosync.Mutex
	keys := map[contact.Field]map[string]bool{}
	for range 3 {
		wait.Go(func() {
			instance := l.open(nil)
			for _, spec := range l.Specs {
				field, err := instance.Ensure(l.ctx, spec)
				mu.Lock()
				if err != nil || field.State != sync.FieldPresent {
					l.Errorf("Ensure(%s) = %+v, %v", spec.Field, field, err)
				}
				if keys[spec.Field] == nil {
					keys[spec.Field] = map[string]bool{}
				}
				keys[spec.Field][field.Key] = true
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	for _, spec := range l.Specs {
		if found := l.discover()[spec.Field]; found.State != sync.FieldPresent || len(keys[spec.Field]) != 1 || !keys[spec.Field][found.Key] {
			l.Errorf("%s: found %+v, the instances have %v", spec.Field, found, keys[spec.Field])
		}
	}
}

func ensureForbidden(l *crmLab) {
	l.fresh()
	l.ForbidFields()
	for _, spec := range l.Specs {
		if !spec.Custom {
			continue
		}
		if got := l.ensure(spec); got.State != sync.FieldForbidden || got.Message == "" {
			l.Errorf("Ensure(%s) = %+v", spec.Field, got)
		}
	}
}
