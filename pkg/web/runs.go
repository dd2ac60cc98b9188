package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// GenerationHeader counts the cron invocations that followed from one another.
const GenerationHeader = "X-Contact-Sync-Generation"

// maxGenerations bounds a chain of cron invocations: an hour of full-length ones.
// The scheduler starts a new chain in any case.
const maxGenerations = 60

func (s *Server) status(c *call) (reply, error) {
	overview, err := s.Service.Status(c.Context(), c.customer)
	if err != nil {
		return reply{}, err
	}
	return ok(s.viewOverview(c.customer, overview))
}

func (s *Server) startSync(c *call) (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	kind, _ := o.text("kind")
	request := sync.SyncRequest{Kind: sync.Kind(kind), DryRun: o.flag("dryRun")}
	if request.Kind != "" && request.Kind != sync.Incremental && request.Kind != sync.Full {
		o.reject("kind", "has to be incremental or full")
	}
	if err := o.done(); err != nil {
		return reply{}, err
	}
	run, err := s.Service.Sync(c.Context(), c.customer, request)
	if err != nil {
		return reply{}, err
	}
	return ok(viewRun(run))
}

func (s *Server) getRun(c *call) (reply, error) {
	run, err := s.Service.Run(c.Context(), c.customer, c.id)
	if err != nil {
		return reply{}, err
	}
	return ok(viewRun(run))
}

func (s *Server) approveRun(c *call) (reply, error) {
	run, err := s.Service.Approve(c.Context(), c.customer, c.id)
	if err != nil {
		return reply{}, err
	}
	return ok(viewRun(run))
}

func (s *Server) cancelRun(c *call) (reply, error) {
	run, err := s.Service.CancelPlan(c.Context(), c.customer, c.id)
	if err != nil {
		return reply{}, err
	}
	return ok(viewRun(run))
}

// cronSync works for every customer, and has itself called again when time runs
// out before the work does.
func (s *Server) cronSync(c *call) (reply, error) {
	run, err := s.Service.SyncAll(c.Context())
	if err != nil {
		return reply{}, err
	}
	if next := generation(c.Request) + 1; run.State == sync.RunPartial && next <= maxGenerations && s.Chain != nil {
		s.Chain(c.Context(), next)
	}
	return ok(viewRun(run))
}

// generation is how many invocations led to this one. A header that is no number
// ends the chain.
func generation(r *http.Request) int {
	text := r.Header.Get(GenerationHeader)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return maxGenerations
	}
	return n
}

type runView struct {
	ID         string                        `json:"id"`
	Kind       sync.Kind                     `json:"kind"`
	DryRun     bool                          `json:"dryRun"`
	State      sync.RunState                 `json:"state"`
	StartedAt  time.Time                     `json:"startedAt"`
	FinishedAt *time.Time                    `json:"finishedAt,omitempty"`
	Progress   progressView                  `json:"progress"`
	Counts     countsView                    `json:"counts"`
	Calls      callsView                     `json:"calls"`
	Details    map[contact.Source]countsView `json:"details"`
	Plan       *planView                     `json:"plan,omitempty"`
	Revert     *revertView                   `json:"revert,omitempty"`
	Error      string                        `json:"error,omitempty"`
}

type progressView struct {
	Done  int        `json:"done"`
	Total int        `json:"total,omitempty"`
	Phase sync.Phase `json:"phase"`
}

type countsView struct {
	Pulled    int `json:"pulled"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Deleted   int `json:"deleted"`
	Linked    int `json:"linked"`
	Conflicts int `json:"conflicts"`
	Unchanged int `json:"unchanged"`
	Errors    int `json:"errors"`
}

// callsView counts API calls. Membrane carries calls to any CRM.
type callsView struct {
	HubSpot   int `json:"hubspot"`
	Pipedrive int `json:"pipedrive"`
	Membrane  int `json:"membrane"`
}

type sidesView struct {
	HubSpot   int `json:"hubspot"`
	Pipedrive int `json:"pipedrive"`
	App       int `json:"app"`
}

func viewRun(r *sync.Run) runView {
	v := runView{
		ID:         r.ID,
		Kind:       r.Kind,
		DryRun:     r.DryRun,
		State:      r.State,
		StartedAt:  r.StartedAt,
		FinishedAt: moment(r.FinishedAt),
		Progress:   progressView{r.Progress.Done, r.Progress.Total, r.Progress.Phase},
		Counts:     countsView(r.Counts),
		Calls:      viewCalls(r.Calls),
		Details:    map[contact.Source]countsView{contact.App: {}},
		Revert:     viewRevert(r.Revert),
		Error:      r.Error,
	}
	for _, p := range providers {
		v.Details[p.Source()] = countsView{}
	}
	for source, counts := range r.Details {
		v.Details[source] = countsView(counts)
	}
	if r.Plan != nil {
		v.Plan = viewPlan(r.Plan)
	}
	return v
}

func viewCalls(calls map[contact.Provider]int) callsView {
	return callsView{HubSpot: calls[contact.HubSpot], Pipedrive: calls[contact.Pipedrive], Membrane: calls["membrane"]}
}

func viewSides(counts map[contact.Source]int) sidesView {
	return sidesView{
		HubSpot:   counts[contact.HubSpot.Source()],
		Pipedrive: counts[contact.Pipedrive.Source()],
		App:       counts[contact.App],
	}
}
