package mongo

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// runDoc is how a run is stored.
type runDoc struct {
	Key      string `bson:"_id"`
	sync.Run `bson:",inline"`
}

func runKey(customer contact.CustomerID, id string) string { return keysOf(customer).of(id) }

func encodeRun(r *sync.Run) (bson.Raw, error) {
	return marshal(runDoc{Key: runKey(r.CustomerID, r.ID), Run: *r})
}

// rounded is a run as it comes back from the store.
func rounded(r *sync.Run) (*sync.Run, error) {
	data, err := encodeRun(r)
	if err != nil {
		return nil, err
	}
	doc := &runDoc{}
	return &doc.Run, unmarshal(data, doc)
}

// gateDoc is the one document of a customer through which runs start, one at a
// time. It names the run that was handed out last, before that is written, so that
// whoever comes in between sees it.
type gateDoc struct {
	Key        string             `bson:"_id"` // the customer
	CustomerID contact.CustomerID `bson:"customerId"`
	Rev        int64              `bson:"rev"`
	Run        sync.Run           `bson:"run"`
}

// acquireTries is how often AcquireRun looks again when another was faster. The one
// that was is seen the next time.
const acquireTries = 5

// AcquireRun implements [sync.RunStore]. Up to seven round trips, once per run. The
// error is fault.Conflict if a run of the id exists already and has ended.
func (s *Store) AcquireRun(ctx context.Context, run *sync.Run, now time.Time) (*sync.Run, bool, error) {
	const op = "mongo.acquireRun"
	now = now.Truncate(time.Millisecond)
	var abandoned int64
	for range acquireTries {
		g := &gate{Store: s, run: run, now: now, abandoned: abandoned}
		held, err := g.look(ctx)
		if err != nil || held != nil {
			return held, false, classify(op, err)
		}
		passed, err := g.pass(ctx)
		if err != nil {
			return nil, false, classify(op, err)
		}
		if passed {
			next, err := rounded(g.next)
			return next, err == nil, classify(op, err)
		}
		abandoned = g.claimed
	}
	return nil, false, fault.New(fault.Retryable, "Other instances are starting runs at this moment.")
}

// gate is one attempt to pass the gate.
type gate struct {
	*Store
	run *sync.Run // that wants to start
	now time.Time

	rev       int64 // of the gate as seen; 0: there is none yet
	claimed   int64 // the revision that this attempt made; 0: another was faster
	abandoned int64 // the one that the attempt before made, in vain
	running   []runDoc
	next      *sync.Run // to hand out
	resumed   *runDoc   // what next was; nil for a new run
}

// look returns the run that is running. When none is, it chooses what to hand out.
// The gate is read first: what is decided from the runs holds as long as it stays.
func (g *gate) look(ctx context.Context) (held *sync.Run, err error) {
	found, err := find[gateDoc](ctx, g.Store, gateByKey, scoped(g.run.CustomerID, is("_id", g.run.CustomerID)), 1)
	if err != nil {
		return nil, err
	}
	g.running, err = find[runDoc](ctx, g.Store, runsRunning,
		scoped(g.run.CustomerID, is("state", sync.RunRunning)), 0, order(true, "startedAt", "id")...)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(g.running, func(r runDoc) bool { return r.LeaseUntil.After(g.now) }); i >= 0 {
		return &g.running[i].Run, nil
	}
	if len(found) == 1 {
		g.rev = found[0].Rev
	}
	if g.rev != 0 && g.rev != g.abandoned {
		if held, err := g.beingWritten(ctx, &found[0].Run); held != nil || err != nil {
			return held, err
		}
	}
	return nil, g.choose(ctx)
}

// beingWritten returns the run that was handed out last, if its lease lasts and it
// has not ended: it may have been written since the running runs were read, or not
// be written yet.
func (g *gate) beingWritten(ctx context.Context, last *sync.Run) (*sync.Run, error) {
	if !last.LeaseUntil.After(g.now) {
		return nil, nil
	}
	stored, err := g.findRun(ctx, last.CustomerID, last.ID)
	switch {
	case err != nil:
		return nil, err
	case stored == nil || stored.Fence < last.Fence:
		return last, nil
	case stored.State == sync.RunRunning && stored.LeaseUntil.After(g.now):
		return stored, nil
	}
	return nil, nil
}

// choose chooses the run to go on with, else the new one.
func (g *gate) choose(ctx context.Context) error {
	i := slices.IndexFunc(g.running, func(r runDoc) bool { return r.Kind == g.run.Kind && r.DryRun == g.run.DryRun })
	if i >= 0 {
		g.resumed = &g.running[i]
	} else {
		partial, err := find[runDoc](ctx, g.Store, runsPartial, scoped(g.run.CustomerID, is("state", sync.RunPartial),
			is("kind", g.run.Kind), is("dryRun", g.run.DryRun)), 1, order(true, "startedAt", "id")...)
		if err != nil {
			return err
		}
		if len(partial) > 0 {
			g.resumed = &partial[0]
		}
	}
	next := *g.run
	if g.resumed != nil {
		next = g.resumed.Run
		next.FinishedAt, next.LeaseUntil = time.Time{}, g.run.LeaseUntil
		next.Fence++
	}
	next.State = sync.RunRunning
	g.next = &next
	return nil
}

// pass writes what was chosen. It reports false when another was faster.
func (g *gate) pass(ctx context.Context) (bool, error) {
	claimed, err := g.claim(ctx)
	if err != nil || !claimed {
		return false, err
	}
	if err := g.closeOthers(ctx); err != nil {
		return false, err
	}
	doc, err := encodeRun(g.next)
	if err != nil {
		return false, err
	}
	operation := insertDoc(doc)
	if g.resumed != nil {
		operation = replaceDoc(scoped(g.run.CustomerID, is("_id", g.resumed.Key), is("fence", g.resumed.Fence), is("state", g.resumed.State)), doc)
	}
	w, err := g.write(ctx, startRun, operation)
	if err == nil && g.resumed == nil && w.duplicates {
		return false, fault.New(fault.Conflict, "There is already a run of this id.")
	}
	return w.all(1), err
}

// claim takes the gate, if it still is as it was seen.
func (g *gate) claim(ctx context.Context) (bool, error) {
	doc, err := marshal(gateDoc{Key: string(g.run.CustomerID), CustomerID: g.run.CustomerID, Rev: g.rev + 1, Run: *g.next})
	if err != nil {
		return false, err
	}
	operation := insertDoc(doc)
	if g.rev > 0 {
		operation = replaceDoc(scoped(g.run.CustomerID, is("_id", g.run.CustomerID), is("rev", g.rev)), doc)
	}
	w, err := g.write(ctx, passGate, operation)
	if w.all(1) {
		g.claimed = g.rev + 1
	}
	return w.all(1), err
}

// closeOthers closes the interrupted runs that nobody goes on with.
func (g *gate) closeOthers(ctx context.Context) error {
	var operations []driver.WriteModel
	for _, r := range g.running {
		if g.resumed != nil && r.Key == g.resumed.Key {
			continue
		}
		closed := bson.D{is("state", sync.RunFailed), is("finishedAt", g.now)}
		if r.Error == "" {
			closed = append(closed, is("error", "It was interrupted and did not go on."))
		}
		guard := scoped(g.run.CustomerID, is("_id", r.Key), is("fence", r.Fence), is("state", sync.RunRunning))
		operations = append(operations, updateOne(guard, bson.D{is("$set", closed)}))
	}
	if len(operations) == 0 {
		return nil
	}
	_, err := g.write(ctx, closeRuns, operations...)
	return err
}

// AddRun implements [sync.RunStore]. One round trip. The error is fault.Conflict if
// there is a run of the id.
func (s *Store) AddRun(ctx context.Context, run *sync.Run) error {
	const op = "mongo.addRun"
	doc, err := encodeRun(run)
	if err != nil {
		return classify(op, err)
	}
	w, err := s.write(ctx, startRun, insertDoc(doc))
	if err == nil && w.duplicates {
		return fault.New(fault.Conflict, "There is already a run of this id.")
	}
	return classify(op, err)
}

// SaveRun implements [sync.RunStore]. One round trip. A run that was never stored is
// fault.Stale too.
func (s *Store) SaveRun(ctx context.Context, run *sync.Run) error {
	const op = "mongo.saveRun"
	doc, err := encodeRun(run)
	if err != nil {
		return classify(op, err)
	}
	w, err := s.write(ctx, saveRun, replaceDoc(scoped(run.CustomerID, is("_id", runKey(run.CustomerID, run.ID)), is("fence", run.Fence)), doc))
	if err == nil && !w.all(1) {
		return fault.New(fault.Stale, "The run was taken over.")
	}
	return classify(op, err)
}

// Run implements [sync.RunStore]. One round trip.
func (s *Store) Run(ctx context.Context, customer contact.CustomerID, id string) (*sync.Run, error) {
	run, err := s.findRun(ctx, customer, id)
	if err == nil && run == nil {
		return nil, fault.New(fault.NotFound, "There is no such run.")
	}
	return run, classify("mongo.run", err)
}

// findRun returns one run, or nil.
func (s *Store) findRun(ctx context.Context, customer contact.CustomerID, id string) (*sync.Run, error) {
	return firstRun(find[runDoc](ctx, s, runByID, scoped(customer, is("_id", runKey(customer, id))), 1))
}

func firstRun(found []runDoc, err error) (*sync.Run, error) {
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0].Run, nil
}

// LatestRun implements [sync.RunStore]. One or two round trips.
func (s *Store) LatestRun(ctx context.Context, customer contact.CustomerID) (*sync.Run, error) {
	const op = "mongo.latestRun"
	newest := order(true, "startedAt", "id")
	run, err := firstRun(find[runDoc](ctx, s, latestRunning,
		scoped(customer, is("state", sync.RunRunning), is("dryRun", false)), 1, newest...))
	if err != nil || run != nil {
		return run, classify(op, err)
	}
	run, err = firstRun(find[runDoc](ctx, s, latestRun,
		scoped(customer, is("dryRun", false), with("kind", "$ne", sync.Imported)), 1, newest...))
	return run, classify(op, err)
}
