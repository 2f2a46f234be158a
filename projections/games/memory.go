package games

import (
	"cmp"
	"slices"
	"sync"

	"github.com/plygames/ply/projections/fold"
)

// memory is the unfinished games, in the order of their numbers and by the people whose they are.
type memory struct {
	mu       sync.RWMutex
	rows     fold.Rows // the folder
	ready    bool      // rows is set
	byGame   map[string]*entry
	order    []*entry // by number; those that have ended stay until there are too many of them
	dead     int
	people   map[string]map[string]*entry
	guests   map[string]map[string]*entry // those for whom a free seat is kept
	open     map[string]*entry            // open games that anybody may sit down in
	feeds    map[*Feed]struct{}
	reserved map[string]map[string]int64 // player -> game -> when, Unix ms
}

type entry struct {
	Row
	gone bool
}

func (m *memory) clear() {
	m.byGame = make(map[string]*entry)
	m.people = make(map[string]map[string]*entry)
	m.guests = make(map[string]map[string]*entry)
	m.open = make(map[string]*entry)
	m.reserved = make(map[string]map[string]int64)
	m.order, m.dead = nil, 0
}

func (m *memory) restore(rows fold.Rows, all []Row) {
	m.mu.Lock()
	defer m.mu.Unlock()
	reserved := m.reserved // made by those who act now, whatever happens to the rows
	m.clear()
	m.reserved = reserved
	m.rows, m.ready = rows, true
	m.add(all)
	m.tellAll()
}

func (m *memory) change(changed []Row, gone []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(changed)
	for _, id := range gone {
		if e := m.byGame[id]; e != nil {
			m.remove(e)
		}
	}
	if m.dead > 64 && m.dead > len(m.order)/2 {
		m.order = slices.DeleteFunc(m.order, func(e *entry) bool { return e.gone })
		m.dead = 0
	}
}

// add takes rows in; new ones are younger than all that are there, because games are numbered as they come.
func (m *memory) add(rows []Row) {
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Number, b.Number) })
	for _, r := range rows {
		e := &entry{Row: r}
		if old := m.byGame[r.Game]; old != nil {
			// Lists that are being read hold the old one: it is replaced, never changed.
			i, _ := m.find(r.Number)
			m.order[i] = e
			m.uninvite(old)
		} else {
			m.order = append(m.order, e)
		}
		m.byGame[r.Game] = e
		m.tell(e)
		for _, player := range r.people() {
			if m.people[player] == nil {
				m.people[player] = make(map[string]*entry)
			}
			m.people[player][r.Game] = e
			m.unreserve(player, r.Game)
		}
	}
}

func (m *memory) remove(e *entry) {
	delete(m.byGame, e.Game)
	e.gone = true
	m.tell(e)
	m.uninvite(e)
	m.dead++
	for _, player := range e.people() {
		delete(m.people[player], e.Game)
		if len(m.people[player]) == 0 {
			delete(m.people, player)
		}
	}
}

// find is the place of a number in order, or where it would be.
func (m *memory) find(number uint64) (int, bool) {
	return slices.BinarySearchFunc(m.order, number, func(e *entry, n uint64) int { return cmp.Compare(e.Number, n) })
}

// newest gives the unfinished games below a number, newest first, until keep has said often enough that it keeps one.
func (m *memory) newest(player string, below uint64, limit int, keep func(Row) (Row, bool)) []Row {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var kept []Row
	take := func(e *entry) {
		if r, ok := keep(e.Row); ok {
			kept = append(kept, r)
		}
	}
	if player != "" {
		mine := make([]*entry, 0, len(m.people[player]))
		for _, e := range m.people[player] {
			if e.Number < below {
				mine = append(mine, e)
			}
		}
		for id, e := range m.guests[player] {
			if e.Number < below && m.people[player][id] == nil {
				mine = append(mine, e)
			}
		}
		slices.SortFunc(mine, func(a, b *entry) int { return cmp.Compare(b.Number, a.Number) })
		for _, e := range mine {
			take(e)
		}
		return kept[:min(limit, len(kept))]
	}
	i, _ := m.find(below)
	for i--; i >= 0 && len(kept) < limit; i-- {
		if e := m.order[i]; !e.gone {
			take(e)
		}
	}
	return kept
}
