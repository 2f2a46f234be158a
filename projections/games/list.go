package games

import (
	"context"
	"strconv"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections/fold"
)

// Query is what a list is asked for. Zero fields do not narrow it.
type Query struct {
	Status game.Status // Live includes Ready: it means being played
	Player string      // who has a seat
	Kind   string
	Rated  *bool
	Before string // where the last list ended
	Limit  int    // at least 1
	// Own: Player asks for their own games, among them those they only created, and those in which a free seat is kept for
	// them (challenges). Without it only games that anybody may
	// find are listed: watched in public, and those with a free seat (also if they were withdrawn) only if anybody could
	// have taken it; each as its delay allows.
	Own bool
}

// maxScan bounds how many ended games one list looks at: a rare kind of game does not make a request read everything.
const maxScan = 5_000

// List gives the games that a query asks for, the newest creation first, and what to ask for as Before to go on; empty if
// there are no more. A list may be shorter than asked for, even empty, and yet go on. A Before that was not given out is a
// *domain.Error of kind InvalidField.
func (g *Games) List(ctx context.Context, q Query) (rows []Row, next string, err error) {
	below := uint64(1e16) - 1
	if q.Before != "" {
		below, err = strconv.ParseUint(q.Before, 10, 64)
		if err != nil || below == 0 || below >= 1e16 || q.Before != strconv.FormatUint(below, 10) {
			return nil, "", domain.Refuse(domain.InvalidField, "before is not where a list ended")
		}
	}
	now := g.wall()
	keep := func(r Row) (Row, bool) { return q.match(r, now) }
	// The memory first: what leaves it afterwards is in the folder already.
	var playing, over []Row
	end := uint64(0)
	if q.Status != game.Over {
		playing = g.newest(q.Player, below, q.Limit+1, keep)
	}
	if q.Status == "" || q.Status == game.Over {
		if over, end, err = g.ended(ctx, q, below, keep); err != nil {
			return nil, "", err
		}
	}
	rows = merge(playing, over, end)
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		end = rows[q.Limit-1].Number
	}
	if end != 0 {
		next = strconv.FormatUint(end, 10)
	}
	return rows, next, nil
}

// match tells whether a row is asked for, and gives it as it may be shown.
func (q *Query) match(r Row, now int64) (Row, bool) {
	if !q.Own {
		if r.Watch != game.WatchPublic {
			return r, false
		}
		shown, ok := r.asOf(now - r.Delay)
		if !ok || shown.Access != game.AccessOpen && shown.has("") {
			return r, false
		}
		r = shown
	} else if r.Delay > 0 && !r.has(q.Player) {
		// It is theirs because they made it or are invited: that they know, but how it goes they see as late as others.
		shown, ok := r.asOf(now - r.Delay)
		if !ok {
			shown = r.made()
		}
		r = shown
	}
	switch {
	case q.Kind != "" && r.Kind != q.Kind,
		q.Rated != nil && r.Rated != *q.Rated,
		q.Player != "" && !r.has(q.Player) && (!q.Own || r.Creator != q.Player && !(r.Status == game.Open && r.invites(q.Player))):
		return r, false
	}
	switch q.Status {
	case "":
		return r, true
	case game.Live:
		return r, r.Status == game.Live || r.Status == game.Ready
	default:
		return r, r.Status == q.Status
	}
}

// ended gives ended games below a number. end is where it stopped although there may be more; 0 = there are none.
func (g *Games) ended(ctx context.Context, q Query, below uint64, keep func(Row) (Row, bool)) (found []Row, end uint64, err error) {
	g.mu.RLock()
	rows, ready := g.rows, g.ready
	g.mu.RUnlock()
	if !ready {
		return nil, 0, domain.Refuse(domain.Unavailable, "the lists are not ready yet")
	}
	prefix := byNumber
	if q.Player != "" {
		prefix = byPlayer + q.Player + "/"
	}
	scanned := 0
	for entry, err := range descend(rows, prefix, padded(below)) {
		if err != nil {
			return nil, 0, unavailable(err)
		}
		stored, err := rows.Get(ended + string(entry.Value))
		if err != nil {
			return nil, 0, unavailable(err)
		}
		r, err := decodeRow(stored)
		if err != nil {
			return nil, 0, unavailable(err)
		}
		if r, ok := keep(r); ok {
			found = append(found, r)
		}
		if len(found) > q.Limit {
			return found, 0, nil
		}
		if scanned++; scanned == maxScan || ctx.Err() != nil {
			return found, r.Number, nil
		}
	}
	return found, 0, nil
}

func unavailable(err error) error {
	return &domain.Error{Kind: domain.Unavailable, Message: "the lists can't be read", Err: err}
}

// descend gives the rows under a prefix whose rest is less than a number with all its digits, in descending order. A
// folder can only be scanned by prefix, so it scans once for every smaller digit in every place, the last place first.
func descend(rows fold.Rows, prefix, below string) func(func(fold.Row, error) bool) {
	return func(yield func(fold.Row, error) bool) {
		for place := len(below) - 1; place >= 0; place-- {
			for digit := below[place] - 1; digit >= '0'; digit-- {
				for row, err := range rows.Scan(prefix+below[:place]+string(digit), true) {
					if !yield(row, err) {
						return
					}
				}
			}
		}
	}
}

// merge joins two descending lists; a game that is in both counts once. Below end the second one is not complete.
func merge(a, b []Row, end uint64) []Row {
	all := make([]Row, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Number > b[0].Number:
			all, a = append(all, a[0]), a[1:]
		case len(a) > 0 && a[0].Number == b[0].Number:
			a = a[1:]
		default:
			all, b = append(all, b[0]), b[1:]
		}
	}
	for end != 0 && len(all) > 0 && all[len(all)-1].Number < end {
		all = all[:len(all)-1]
	}
	return all
}
