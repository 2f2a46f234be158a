package app

import (
	"sync"
	"time"

	"github.com/plygames/ply/commands/policies"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/deadlines"
	"github.com/plygames/ply/projections/games"
)

// Pauses between two looks at what did not change, in ms.
const (
	snoozeFor  = 5_000  // a game that was woken and had nothing due
	orphanRest = 10_000 // the whole view, when no orphan was in it
)

// deadlinesView is the view; see deadlines.Deadlines.
type deadlinesView interface {
	Due(now int64, limit int) []deadlines.Row
	All() []deadlines.Row
	Snooze(id string, until int64)
}

// overdue shows the deadlines view to the policy of the same name. A game that is handed out rests for a while, so that
// those which had nothing due, being a hint only, do not stand in the way of others.
type overdue struct {
	view   deadlinesView
	absent func(limit int) []string // games whose creators have gone; nil = nobody knows
	now    func() time.Time

	mu    sync.Mutex
	woken map[string]time.Time // orphans that were handed out
	shown map[string]time.Time // ghosts that were handed out
	rest  time.Time            // no orphans are looked for before
}

// Absence is who knows for how many ms a seat has had no socket; socket.Presence is one.
type Absence interface {
	Absent(game string, seat game.Seat) int64
}

// OverdueIn shows the views of deadlines and of open games to the deadlines policy.
func OverdueIn(view *deadlines.Deadlines, open *games.Games, here Absence) policies.Overdue {
	o := newOverdue(view)
	o.absent = func(limit int) []string { return ghosts(open, here, limit) }
	return o
}

func newOverdue(view deadlinesView) *overdue {
	return &overdue{view: view, now: time.Now, woken: map[string]time.Time{}, shown: map[string]time.Time{}}
}

// Due implements policies.Overdue.
func (o *overdue) Due(now int64, limit int) []string {
	var ids []string
	for _, row := range o.view.Due(now, limit) {
		o.view.Snooze(row.Game, now+snoozeFor)
		ids = append(ids, row.Game)
	}
	return ids
}

// Ghosts implements policies.Overdue.
func (o *overdue) Ghosts(limit int) []string {
	if o.absent == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	for id, at := range o.shown {
		if now.Sub(at) > snoozeFor*time.Millisecond {
			delete(o.shown, id)
		}
	}
	var ids []string
	for _, id := range o.absent(limit + len(o.shown)) {
		if _, rests := o.shown[id]; !rests && len(ids) < limit {
			o.shown[id] = now
			ids = append(ids, id)
		}
	}
	return ids
}

// Orphans implements policies.Overdue. Days are counted by the wall, whoever measured them, so only live clocks count.
func (o *overdue) Orphans(running func(incarnation string) bool, limit int) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	if now.Before(o.rest) {
		return nil
	}
	alive := map[string]bool{}
	orphans := 0
	var ids []string
	for _, row := range o.view.All() {
		if row.Server == "" || row.Clock == clock.Days {
			continue
		}
		runs, asked := alive[row.Server]
		if !asked {
			runs = running(row.Server)
			alive[row.Server] = runs
		}
		if runs {
			delete(o.woken, row.Game)
			continue
		}
		orphans++
		if at, ok := o.woken[row.Game]; (!ok || now.Sub(at) > snoozeFor*time.Millisecond) && len(ids) < limit {
			o.woken[row.Game] = now
			ids = append(ids, row.Game)
		}
	}
	if orphans == 0 {
		clear(o.woken)
		o.rest = now.Add(orphanRest * time.Millisecond)
	}
	return ids
}
