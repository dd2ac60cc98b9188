package sync

import (
	"context"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// Overview is the state of a customer's synchronisation, for people.
type Overview struct {
	State         string    // idle, running, waiting (for an approval), attention
	LastSuccessAt time.Time // the oldest of the connections'; zero: never
	Pending       int       // contacts and hints that wait
	Errors        int       // contacts with an error
	Conflicts     int       // conflicts in the log
	Contacts      int
	Connections   []ConnectionStatus
	Run           *Run // the running run, else the latest; nil: none
	Waiting       *Run // the run whose plan is to be approved; nil: none
}

// ConnectionStatus is one connection's part of it.
type ConnectionStatus struct {
	Provider      contact.Provider
	State         ConnectionState
	Message, URL  string
	AccountID     string // the vendor's; "" before first use
	Held          string // why deletions wait for a person; "" they do not
	VerifyWrites  bool   // every write is checked for edits it may have replaced
	Entered       bool   // the credential was entered by a person; else it is the environment's
	OAuth         bool   // it was granted through OAuth
	Route         Route
	LastSuccessAt time.Time
	Lag           time.Duration // since everything was noticed
	Pending       int
	Errors        int
	Linked        int
	Budget        *Budget // nil: not known
	// Events says how changes there are noticed; nil: a person sets that up there.
	Events *EventState
}

// Status sums up where the customer's synchronisation stands.
func (s *Service) Status(ctx context.Context, customer contact.CustomerID) (*Overview, error) {
	counts, err := s.store.CountContacts(ctx, customer)
	if err != nil {
		return nil, err
	}
	hints, _, err := s.store.CountHints(ctx, customer)
	if err != nil {
		return nil, err
	}
	_, _, conflicts, err := s.store.ListConflicts(ctx, customer, LogQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return nil, err
	}
	run, err := s.store.LatestRun(ctx, customer)
	if err != nil {
		return nil, err
	}
	o := &Overview{
		State: "idle", Pending: counts.Due + hints, Conflicts: conflicts,
		Errors: counts.ByStatus[StatusError] + counts.ByStatus[StatusConflict], Contacts: counts.Total, Run: run,
	}
	first := true
	for _, c := range current(conns) {
		o.Connections = append(o.Connections, s.connectionStatus(ctx, c, counts.Links[c.ID]))
		if c.State == ConnectionDisconnected {
			continue
		}
		if first || c.LastSuccessAt.Before(o.LastSuccessAt) {
			o.LastSuccessAt, first = c.LastSuccessAt, false
		}
		if state := o.Connections[len(o.Connections)-1].State; state != ConnectionActive && state != ConnectionNew && state != ConnectionWaiting || c.Brake.Held() {
			o.State = "attention"
		}
		if c.State == ConnectionWaiting && o.Waiting == nil {
			if o.Waiting, err = s.store.Run(ctx, customer, c.WaitsFor); err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
	}
	if o.Waiting != nil && o.State == "idle" {
		o.State = "waiting"
	}
	if o.Errors > 0 {
		o.State = "attention"
	}
	if run != nil && run.State == RunRunning && s.clock.Now().Before(run.LeaseUntil) {
		o.State = "running"
	}
	return o, nil
}

func (s *Service) connectionStatus(ctx context.Context, c *Connection, n LinkCounts) ConnectionStatus {
	st := ConnectionStatus{
		Provider: c.Provider, State: c.State, Message: c.Message, URL: c.AccountURL,
		Held: c.Brake.Reason, AccountID: c.AccountID, Entered: c.Credential != "", VerifyWrites: c.VerifyWrites,
		LastSuccessAt: c.LastSuccessAt, Pending: n.Pending, Errors: n.Errors, Linked: n.Linked,
		Events: s.eventState(c), OAuth: c.OAuth, Route: c.Route(),
	}
	if !c.Watermark.IsZero() {
		st.Lag = s.clock.Now().Sub(c.Watermark)
	}
	crm, err := s.crms.Open(ctx, c)
	switch {
	case err == nil:
		if b, err := crm.Budget(ctx); err == nil && len(b.Classes) > 0 {
			st.Budget = &b
		}
	case !c.left(): // as the next run will find and record
		st.State, st.Message = failedState(err), fault.Public(err)
	}
	return st
}

// Activity returns the sync log, newest first.
func (s *Service) Activity(ctx context.Context, customer contact.CustomerID, q LogQuery) ([]Activity, string, error) {
	return s.store.ListActivity(ctx, customer, q)
}

// Conflicts returns the conflict log, newest first, and how many there are.
func (s *Service) Conflicts(ctx context.Context, customer contact.CustomerID, q LogQuery) ([]Conflict, string, int, error) {
	return s.store.ListConflicts(ctx, customer, q)
}

// Changes returns the change log, newest first.
func (s *Service) Changes(ctx context.Context, customer contact.CustomerID, q LogQuery) ([]Change, string, error) {
	return s.store.ListChanges(ctx, customer, q)
}

// Reviews returns what only a person can decide.
func (s *Service) Reviews(ctx context.Context, customer contact.CustomerID) ([]Review, error) {
	return s.store.ListReviews(ctx, customer)
}
