package deadlines

import (
	"cmp"
	"container/heap"
	"slices"
	"sync"
)

// index is a heap of rows by when they come up, with their places by game. Safe for concurrent use.
type index struct {
	mu     sync.RWMutex
	rows   []entry
	places map[string]int
}

// entry is a row and when to show it: at its Due, or later if it was snoozed.
type entry struct {
	Row
	up int64
}

// replace puts other rows in the place of all there are.
func (x *index) replace(rows []entry) {
	next := byUp{rows: rows, places: make(map[string]int, len(rows))}
	for i, e := range rows {
		next.places[e.Game] = i
	}
	heap.Init(&next)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rows, x.places = next.rows, next.places
}

func (x *index) set(row Row) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i, ok := x.places[row.Game]; ok {
		x.rows[i] = entry{row, row.Due}
		heap.Fix((*byUp)(x), i)
		return
	}
	heap.Push((*byUp)(x), entry{row, row.Due})
}

func (x *index) remove(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i, ok := x.places[id]; ok {
		heap.Remove((*byUp)(x), i)
	}
}

func (x *index) postpone(id string, until int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i, ok := x.places[id]; ok {
		x.rows[i].up = max(x.rows[i].up, until)
		heap.Fix((*byUp)(x), i)
	}
}

// upTo lists the first limit rows that are up at a time. It looks only at those that are, and their children in the heap.
func (x *index) upTo(now int64, limit int) []Row {
	x.mu.RLock()
	var found []entry
	open := []int{0}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		if i >= len(x.rows) || x.rows[i].up > now {
			continue
		}
		found = append(found, x.rows[i])
		open = append(open, 2*i+1, 2*i+2)
	}
	x.mu.RUnlock()
	slices.SortFunc(found, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.up, b.up), cmp.Compare(a.Game, b.Game))
	})
	rows := make([]Row, 0, min(limit, len(found)))
	for _, e := range found[:min(limit, len(found))] {
		rows = append(rows, e.Row)
	}
	return rows
}

// byUp is the index as container/heap wants it.
type byUp index

func (h *byUp) Len() int           { return len(h.rows) }
func (h *byUp) Less(i, j int) bool { return h.rows[i].up < h.rows[j].up }

func (h *byUp) Swap(i, j int) {
	h.rows[i], h.rows[j] = h.rows[j], h.rows[i]
	h.places[h.rows[i].Game], h.places[h.rows[j].Game] = i, j
}

func (h *byUp) Push(e any) {
	h.places[e.(entry).Game] = len(h.rows)
	h.rows = append(h.rows, e.(entry))
}

func (h *byUp) Pop() any {
	last := h.rows[len(h.rows)-1]
	h.rows = h.rows[:len(h.rows)-1]
	delete(h.places, last.Game)
	return last
}
