package ratings

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/rating"
	"github.com/plygames/ply/projections/fold"
)

// Rated is a Standing with what it is a standing in, and whose it is.
type Rated struct {
	Player string
	Kind   string
	Class  rating.Class
	Standing
}

// Profile is one person.
type Profile struct {
	Person
	Ratings []Rated // by kind and class, in the order of their names
}

// folder gives the rows, or says that there are none yet.
func (r *Ratings) folder() (fold.Rows, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.ready {
		return r.rows, domain.Refuse(domain.Unavailable, "the ratings are not ready yet")
	}
	return r.rows, nil
}

func unreadable(err error) error {
	return &domain.Error{Kind: domain.Unavailable, Message: "the ratings can't be read", Err: err}
}

// read reads a row into a value; false if there is none.
func read(rows fold.Rows, key string, into any) (bool, error) {
	stored, err := rows.Get(key)
	if err == nil && stored != nil {
		err = json.Unmarshal(stored, into)
	}
	if err != nil {
		return false, unreadable(err)
	}
	return stored != nil, nil
}

// Rating is what a person is shown with when they sit down in a game of this kind and clock, in whole points; 0 if that is
// not known, or there is none.
func (r *Ratings) Rating(player, kind string, spec clock.Spec) int {
	class := rating.ClassOf(spec)
	rows, err := r.folder()
	if err != nil || class == "" {
		return 0
	}
	var s Standing
	if found, err := read(rows, standingKey(player, kind, class), &s); err != nil || !found {
		return 0
	}
	return int(math.Round(s.Rating.Rating))
}

// Profile gives a person; *domain.Error of kind NotFound if nothing was ever heard of them.
func (r *Ratings) Profile(_ context.Context, player string) (p Profile, err error) {
	rows, err := r.folder()
	if err != nil {
		return p, err
	}
	if err := known(rows, player, &p.Person); err != nil {
		return p, err
	}
	prefix := current + player + "/"
	for row, err := range rows.Scan(prefix, false) {
		if err != nil {
			return p, unreadable(err)
		}
		kind, class, _ := strings.Cut(strings.TrimPrefix(row.Key, prefix), "/")
		one := Rated{Player: player, Kind: kind, Class: rating.Class(class)}
		if err := json.Unmarshal(row.Value, &one.Standing); err != nil {
			return p, unreadable(err)
		}
		p.Ratings = append(p.Ratings, one)
	}
	return p, nil
}

func known(rows fold.Rows, player string, p *Person) error {
	found, err := read(rows, people+player, p)
	if err == nil && !found {
		err = domain.Refuse(domain.NotFound, "there is no such player")
	}
	return err
}

// Query is which changes of a person's ratings are asked for. Empty fields do not narrow it.
type Query struct {
	Player string
	Kind   string
	Class  rating.Class
	Before string // where the last list ended
	Limit  int    // at least 1
}

// maxScan bounds how many changes one list looks at.
const maxScan = 5_000

// History gives the changes of a person's ratings, the newest first, and what to ask for as Before to go on; empty if there
// are no more. A list may be shorter than asked for, even empty, and yet go on. Refusals are *domain.Error.
func (r *Ratings) History(_ context.Context, q Query) (changes []Change, next string, err error) {
	below := uint64(1e16) - 1
	if q.Before != "" {
		below, err = strconv.ParseUint(q.Before, 10, 64)
		if err != nil || below == 0 || below >= 1e16 || q.Before != strconv.FormatUint(below, 10) {
			return nil, "", domain.Refuse(domain.InvalidField, "before is not where a list ended")
		}
	}
	rows, err := r.folder()
	if err != nil {
		return nil, "", err
	}
	var p Person
	if err := known(rows, q.Player, &p); err != nil {
		return nil, "", err
	}
	// A person's changes are numbered without holes, so they are looked up one by one.
	scanned := 0
	for number := min(below-1, p.Rated); number > 0; number-- {
		if len(changes) == q.Limit || scanned == maxScan {
			return changes, strconv.FormatUint(number+1, 10), nil
		}
		scanned++
		var c Change
		if found, err := read(rows, history+q.Player+"/"+padded(number), &c); err != nil || !found {
			return nil, "", err
		}
		if (q.Kind == "" || q.Kind == c.Kind) && (q.Class == "" || q.Class == c.Class) {
			changes = append(changes, c)
		}
	}
	return changes, "", nil
}

// Top gives the highest rated people of a class, those whose rating is not believed yet left out.
func (r *Ratings) Top(_ context.Context, kind string, class rating.Class, limit int) (list []Rated, err error) {
	rows, err := r.folder()
	if err != nil {
		return nil, err
	}
	for row, err := range rows.Scan(top+kind+"/"+string(class)+"/", false) {
		if err != nil {
			return nil, unreadable(err)
		}
		var e entry
		if err := json.Unmarshal(row.Value, &e); err != nil {
			return nil, unreadable(err)
		}
		if list = append(list, Rated{e.Player, kind, class, e.Standing}); len(list) == limit {
			break
		}
	}
	return list, nil
}

// Versus tells how often a person has won, drawn and lost against another. Both must be known: else NotFound.
func (r *Ratings) Versus(_ context.Context, player, other string) (record Record, err error) {
	rows, err := r.folder()
	if err != nil {
		return record, err
	}
	for _, id := range []string{player, other} {
		if err := known(rows, id, new(Person)); err != nil {
			return record, err
		}
	}
	first, second := min(player, other), max(player, other)
	if _, err = read(rows, versus+first+"/"+second, &record); first != player {
		record.Won, record.Lost = record.Lost, record.Won
	}
	return record, err
}
