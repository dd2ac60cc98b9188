package pipedrive

import (
	"cmp"
	"iter"
	"slices"
	"sort"
)

// key is a person's place in an order: a time in Unix seconds (0 in the order by
// id) and the id, which breaks ties.
type key struct{ at, id int64 }

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.at, other.at), cmp.Compare(k.id, other.id))
}

// chunkSize bounds a chunk, and with it the cost of one insert or removal.
const chunkSize = 512

// index is a sorted set of keys, kept in chunks so that moving one of 100,000
// keys stays cheap. No chunk is empty.
type index struct{ chunks [][]key }

// place returns the first chunk whose last key is not before k.
func (x *index) place(k key) int {
	return sort.Search(len(x.chunks), func(i int) bool {
		chunk := x.chunks[i]
		return chunk[len(chunk)-1].compare(k) >= 0
	})
}

func (x *index) insert(k key) {
	if len(x.chunks) == 0 {
		x.chunks = [][]key{{k}}
		return
	}
	at := min(x.place(k), len(x.chunks)-1)
	i, found := slices.BinarySearchFunc(x.chunks[at], k, key.compare)
	if found {
		return
	}
	chunk := slices.Insert(x.chunks[at], i, k)
	if len(chunk) <= chunkSize {
		x.chunks[at] = chunk
		return
	}
	half := len(chunk) / 2
	x.chunks[at] = slices.Clip(chunk[:half])
	x.chunks = slices.Insert(x.chunks, at+1, slices.Clone(chunk[half:]))
}

func (x *index) remove(k key) {
	at := x.place(k)
	if at == len(x.chunks) {
		return
	}
	i, found := slices.BinarySearchFunc(x.chunks[at], k, key.compare)
	if !found {
		return
	}
	x.chunks[at] = slices.Delete(x.chunks[at], i, i+1)
	if len(x.chunks[at]) == 0 {
		x.chunks = slices.Delete(x.chunks, at, at+1)
	}
}

// ascend yields the keys from the first one not before from.
func (x *index) ascend(from key) iter.Seq[key] {
	return func(yield func(key) bool) {
		for at := x.place(from); at < len(x.chunks); at++ {
			chunk := x.chunks[at]
			i, _ := slices.BinarySearchFunc(chunk, from, key.compare)
			for _, k := range chunk[i:] {
				if !yield(k) {
					return
				}
			}
		}
	}
}

// descend yields the keys backwards from the last one not after from.
func (x *index) descend(from key) iter.Seq[key] {
	return func(yield func(key) bool) {
		for at := min(x.place(from), len(x.chunks)-1); at >= 0; at-- {
			chunk := x.chunks[at]
			i, found := slices.BinarySearchFunc(chunk, from, key.compare)
			if found {
				i++
			}
			for _, k := range slices.Backward(chunk[:i]) {
				if !yield(k) {
					return
				}
			}
		}
	}
}
