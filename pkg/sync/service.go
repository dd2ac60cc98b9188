package sync

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/sourcegraph/conc"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

const (
	// DeleteGrace is how long after a record was reported gone it is confirmed by id:
	// a merge is reported as a deletion first.
	DeleteGrace = 10 * time.Second
	// pollOverlap is how far a poll looks back behind its watermark, for records that
	// were indexed late.
	pollOverlap = 2 * time.Minute
	// lease is how long claimed work is left alone at most. It outlasts every
	// invocation; one with a deadline holds its work until then and leaseSpare more.
	lease      = 2 * time.Minute
	leaseSpare = 10 * time.Second
	// batch is how many contacts are read, decided and saved together. A multiple of
	// every vendor's batch size, so that full batches stay full.
	batch = 500
	// fieldsAge is how long what is known about a connection's fields is believed.
	fieldsAge = 24 * time.Hour
	// sweepBelow is the size under which an account that does not report deletions is
	// listed in full instead of polled.
	sweepBelow = 2000
	// minMargin and maxMargin bound the part of an invocation that is kept for ending
	// it well. The least is what one call to a CRM is given.
	minMargin = 2500 * time.Millisecond
	maxMargin = 5 * time.Second
	// sweepEvery is how often accounts are listed in full.
	sweepEvery = 24 * time.Hour
	// maxRounds is how often a contact is worked on in one pass before it has to wait
	// for another: whatever goes on there, it must not keep the pass from the rest.
	maxRounds = 6
	// casAttempts is how often a contact is decided again when other writers interfere.
	casAttempts = 4
	// linger is how long a run waits for work that is about to be due, such as a
	// deletion to confirm.
	linger = DeleteGrace + 2*time.Second
	// restorable is how long a deleted contact can be restored.
	restorable = 30 * 24 * time.Hour
)

// Config is what a Service needs. Store, CRMs and Fields are required.
type Config struct {
	Store Store
	CRMs  CRMs
	// Fields holds, per provider, the remote fields that contacts are mapped to.
	Fields map[contact.Provider][]FieldSpec
	Clock  Clock                      // nil: the wall clock
	NewID  func(now time.Time) string // nil: UUIDv7
	Rules  reconcile.Rules            // zero: the CRM wins
	Region string                     // default country of phone numbers; "" none
	// Events holds, per provider that can be asked to send events, where they are
	// received.
	Events map[contact.Provider]EventAddress
	// Grants keeps what people grant through OAuth, and knows the vendors' apps; nil:
	// nothing can be granted.
	Grants *Grants
	// Vault encrypts entered credentials; nil: none can be entered.
	Vault Vault
	// Trigger asks for another invocation soon; it must not wait for it. nil: none.
	Trigger func(ctx context.Context)
	// Parallel runs tasks and waits for all; nil: at the same time.
	Parallel func(tasks ...func())
	Log      *slog.Logger // nil: none
}

// Service is the core. Safe for concurrent use, by several processes on one store.
type Service struct {
	store     Store
	crms      CRMs
	fields    map[contact.Provider][]FieldSpec
	clock     Clock
	newID     func(time.Time) string
	rules     reconcile.Rules
	canonical contact.Canonical
	events    map[contact.Provider]EventAddress
	grants    *Grants
	vault     Vault
	trigger   func(context.Context)
	parallel  func(...func())
	log       *slog.Logger
}

// New returns a Service.
func New(cfg Config) *Service {
	s := &Service{
		store: cfg.Store, crms: cfg.CRMs, fields: cfg.Fields, clock: cfg.Clock, newID: cfg.NewID,
		rules: cfg.Rules, canonical: contact.Canonical{Region: cfg.Region},
		events: cfg.Events, grants: cfg.Grants, vault: cfg.Vault, trigger: cfg.Trigger, parallel: cfg.Parallel, log: cfg.Log,
	}
	if s.clock == nil {
		s.clock = WallClock{}
	}
	if s.newID == nil {
		s.newID = func(time.Time) string { return uuid.Must(uuid.NewV7()).String() }
	}
	if s.trigger == nil {
		s.trigger = func(context.Context) {}
	}
	if s.parallel == nil {
		s.parallel = atOnce
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.grants == nil {
		s.grants = &Grants{Store: s.store, Vault: s.vault, Clock: s.clock, Log: s.log}
	}
	return s
}

func atOnce(tasks ...func()) {
	var wg conc.WaitGroup
	for _, task := range tasks {
		wg.Go(task)
	}
	wg.Wait()
}
