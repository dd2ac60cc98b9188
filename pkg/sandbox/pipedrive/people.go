package pipedrive

import (
	"iter"
	"slices"
	"time"
)

// people holds the persons and the orders in which they can be read. The Server's
// lock guards it.
type people struct {
	byID    map[int64]*person
	ids     index // at is 0
	updates index
	adds    index
	nextID  int64
	live    int
	bumps   []due            // post-create bumps to come, oldest first
	trash   []due            // deleted persons to purge, oldest first
	history map[int64][]edit // changelog of each person, oldest first
	// previous holds each person as it was before its latest write.
	previous map[int64]*person
}

type due struct {
	id int64
	at time.Time
}

func newPeople() *people {
	return &people{byID: map[int64]*person{}, nextID: 1, history: map[int64][]edit{}, previous: map[int64]*person{}}
}

// put stores p in place of the person with its id.
func (b *people) put(p *person) {
	for _, order := range sortFields {
		index, keyOf := b.order(order)
		if old := b.byID[p.id]; old != nil {
			if keyOf(old) == keyOf(p) {
				continue
			}
			index.remove(keyOf(old))
		}
		index.insert(keyOf(p))
	}
	b.live += living(p) - living(b.byID[p.id])
	b.byID[p.id] = p
}

func (b *people) forget(p *person) {
	for _, order := range sortFields {
		index, keyOf := b.order(order)
		index.remove(keyOf(p))
	}
	b.live -= living(p)
	delete(b.byID, p.id)
	delete(b.history, p.id)
	delete(b.previous, p.id)
}

func living(p *person) int {
	if p == nil || p.deleted {
		return 0
	}
	return 1
}

// settle lets happen what time brings: bumps and purges that are due.
func (b *people) settle(now time.Time) {
	for len(b.bumps) > 0 && !b.bumps[0].at.After(now) {
		if p := b.byID[b.bumps[0].id]; p != nil {
			bumped := *p
			bumped.updated = b.bumps[0].at
			b.put(&bumped)
		}
		b.bumps = b.bumps[1:]
	}
	for len(b.trash) > 0 && !b.trash[0].at.Add(purgeAfter).After(now) {
		if p := b.byID[b.trash[0].id]; p != nil && p.deleted && !p.updated.After(b.trash[0].at) {
			b.forget(p)
		}
		b.trash = b.trash[1:]
	}
}

// sortFields are the values of sort_by, the default first.
var sortFields = []string{"id", "update_time", "add_time"}

// order returns the index of a sort field and the key of a person in it.
func (b *people) order(field string) (*index, func(*person) key) {
	switch field {
	case "update_time":
		return &b.updates, func(p *person) key { return key{p.updated.Unix(), p.id} }
	case "add_time":
		return &b.adds, func(p *person) key { return key{p.added.Unix(), p.id} }
	}
	return &b.ids, func(p *person) key { return key{id: p.id} }
}

// walk yields the persons of an order from a key on.
func (b *people) walk(field, direction string, from key) iter.Seq[*person] {
	order, _ := b.order(field)
	keys := order.ascend(from)
	if direction == descending {
		keys = order.descend(from)
	}
	return func(yield func(*person) bool) {
		for k := range keys {
			if !yield(b.byID[k.id]) {
				return
			}
		}
	}
}

// pick yields the persons of the ids in the same order, from a key on.
func (b *people) pick(ids []int64, field, direction string, from key) iter.Seq[*person] {
	_, keyOf := b.order(field)
	sign := 1
	if direction == descending {
		sign = -1
	}
	picked := make([]*person, 0, len(ids))
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if p := b.byID[id]; p != nil && sign*keyOf(p).compare(from) >= 0 {
			picked = append(picked, p)
		}
	}
	slices.SortFunc(picked, func(a, b *person) int { return sign * keyOf(a).compare(keyOf(b)) })
	return slices.Values(picked)
}
