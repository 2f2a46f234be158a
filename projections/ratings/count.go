package ratings

import (
	"fmt"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/rating"
	"github.com/plygames/ply/projections/fold"
)

// Person is one person as far as this view knows. A game counts when it has scores: one that was aborted, withdrawn or
// never begun has none.
type Person struct {
	Created int64  `json:"created"` // Unix ms of the first event about them
	Games   uint64 `json:"games,omitempty"`
	Rated   uint64 `json:"rated,omitempty"`
	Won     uint64 `json:"won,omitempty"` // against everybody else in the game
	Drawn   uint64 `json:"drawn,omitempty"`
	Lost    uint64 `json:"lost,omitempty"`
}

// Standing is a person's rating in one class.
type Standing struct {
	rating.Rating
	Games uint64 `json:"games"`
	At    int64  `json:"at"` // Unix ms of the last of them
}

// Change is what one rated game has done to a person's rating.
type Change struct {
	Number    uint64       `json:"number"` // the how many-th rated game of the person
	Game      string       `json:"game,omitempty"`
	At        int64        `json:"at"`
	Kind      string       `json:"kind"`
	Class     rating.Class `json:"class"`
	Opponents []string     `json:"opponents"`
	Score     float64      `json:"score"` // 1 = won, 0.5 = drawn, 0 = lost; the mean over all opponents
	Before    float64      `json:"before"`
	After     float64      `json:"after"`
	Deviation float64      `json:"deviation"` // after the game
}

// Record is how often the first of two people has won, drawn and lost against the second.
type Record struct {
	Won   uint64 `json:"won,omitempty"`
	Drawn uint64 `json:"drawn,omitempty"`
	Lost  uint64 `json:"lost,omitempty"`
}

// entry is a row of a top list.
type entry struct {
	Player string `json:"player"`
	Standing
}

const digits = 16

func padded(number uint64) string { return fmt.Sprintf("%0*d", digits, number) }

func standingKey(player, kind string, class rating.Class) string {
	return current + player + "/" + kind + "/" + string(class)
}

// topKey puts the highest rating first. Ratings have four places behind the point and are below 10,000.
func topKey(kind string, class rating.Class, s Standing, player string) string {
	return fmt.Sprintf("%s%s/%s/%08d/%s", top, kind, class, 100_000_000-int64(s.Rating.Rating*1e4+0.5), player)
}

// count takes the end of a game in.
func count(tx *fold.Tx, id string, m match, e game.Ended, at int64) error {
	if len(m.Seats) < 2 || len(e.Scores) == 0 {
		return nil
	}
	rated := m.Rated && m.Class != ""
	before := make([]Standing, len(m.Seats))
	for i, s := range m.Seats {
		before[i].Rating = rating.New()
		if !rated {
			continue
		}
		if _, err := get(tx, standingKey(s.Player, m.Kind, m.Class), &before[i]); err != nil {
			return err
		}
	}
	for i := range m.Seats {
		mine, total := []rating.Result(nil), 0.0
		for j := range m.Seats {
			if j == i {
				continue
			}
			score := compare(e.Scores[m.Seats[i].Seat], e.Scores[m.Seats[j].Seat])
			mine, total = append(mine, rating.Result{Opponent: before[j].Rating, Score: score}), total+score
			if m.Seats[i].Player < m.Seats[j].Player {
				if err := meetAgain(tx, m.Seats[i].Player, m.Seats[j].Player, score); err != nil {
					return err
				}
			}
		}
		p, err := credit(tx, m.Seats[i].Player, total/float64(len(mine)), rated)
		if err != nil || !rated {
			if err != nil {
				return err
			}
			continue
		}
		c := Change{Number: p.Rated, At: at, Kind: m.Kind, Class: m.Class, Score: total / float64(len(mine))}
		if m.Open {
			c.Game = id
		}
		for j := range m.Seats {
			if j != i {
				c.Opponents = append(c.Opponents, m.Seats[j].Player)
			}
		}
		if err := rate(tx, m.Seats[i].Player, before[i], mine, c); err != nil {
			return err
		}
	}
	return nil
}

// compare is the score of one seat against another: scores of a game only say who was better.
func compare(mine, theirs int) float64 {
	switch {
	case mine > theirs:
		return 1
	case mine == theirs:
		return 0.5
	default:
		return 0
	}
}

// credit counts the game for a person.
func credit(tx *fold.Tx, player string, score float64, rated bool) (Person, error) {
	var p Person
	if _, err := get(tx, people+player, &p); err != nil {
		return p, err
	}
	p.Games++
	if rated {
		p.Rated++
	}
	add(score, &p.Won, &p.Drawn, &p.Lost)
	return p, put(tx, people+player, p)
}

// add counts a score: all that is neither a win nor a loss counts as drawn.
func add(score float64, won, drawn, lost *uint64) {
	switch score {
	case 1:
		*won++
	case 0:
		*lost++
	default:
		*drawn++
	}
}

func meetAgain(tx *fold.Tx, first, second string, score float64) error {
	var r Record
	key := versus + first + "/" + second
	if _, err := get(tx, key, &r); err != nil {
		return err
	}
	add(score, &r.Won, &r.Drawn, &r.Lost)
	return put(tx, key, r)
}

// rate moves a person's rating, and their place in the top list.
func rate(tx *fold.Tx, player string, before Standing, results []rating.Result, c Change) error {
	after := Standing{rating.Update(before.Rating, results, rating.Tau).Round(), before.Games + 1, c.At}
	c.Before, c.After, c.Deviation = before.Rating.Rating, after.Rating.Rating, after.Deviation
	if before.Games > 0 {
		tx.Delete(topKey(c.Kind, c.Class, before, player))
	}
	if !after.Provisional() {
		if err := put(tx, topKey(c.Kind, c.Class, after, player), entry{player, after}); err != nil {
			return err
		}
	}
	if err := put(tx, history+player+"/"+padded(c.Number), c); err != nil {
		return err
	}
	return put(tx, standingKey(player, c.Kind, c.Class), after)
}
