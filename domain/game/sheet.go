package game

import (
	"encoding/json"
	"fmt"

	"github.com/plygames/ply/domain/event"
)

// Sheet is a game as it is written down: who, when, each move that counts with its time, and how it ended. It is folded
// from the same events as a State, but needs no board, so that all of history can be read quickly. Unlike a State it is
// changed in place and is not safe for concurrent use.
type Sheet struct {
	ID      string
	Version uint64
	Chain   event.Hash // head of the hash chain at Version
	Created Created    // the first event
	Status  Status
	Seats   []Place // Seat, Player, Rating and Reserved; the rest is zero
	Plies   []Ply   // without those that were taken back
	Result  Result  // once Status is Over
	Next    string  // the game that replaced this one

	CreatedAt, StartedAt, EndedAt int64 // Unix ms, 0 = not yet
}

// Ply is one move on a Sheet. M is as it was sent.
type Ply struct {
	Seat    Seat
	M       json.RawMessage
	Elapsed int64 // ms
	Left    int64 // ms that the seat had after the move; 0 without a clock
}

// NewSheet is the sheet of a game before its first event.
func NewSheet(id string) *Sheet {
	return &Sheet{ID: id, Chain: event.Genesis(event.GameStream(id))}
}

// Record takes one stored event down: it must be the next one and continue the hash chain. Errors are those of Fold, and
// leave the sheet as it was.
func (t *Sheet) Record(rec event.Recorded, kinds Kinds) error {
	if rec.Version != t.Version+1 {
		return fmt.Errorf("%w: game %s is at version %d, event has %d", ErrGap, t.ID, t.Version, rec.Version)
	}
	chain := event.Next(t.Chain, rec.Type, rec.Meta, rec.Data)
	if chain.ID() != rec.ID {
		return fmt.Errorf("%w: game %s, version %d", ErrChain, t.ID, rec.Version)
	}
	e, meta, err := Decode(rec)
	if err != nil {
		return err
	}
	if c, ok := e.(Created); ok {
		rules, known := kinds(c.Kind)
		if !known {
			return fmt.Errorf("%w: no rules for kind %q", ErrUnreadable, c.Kind)
		}
		t.create(c, rules)
	} else if t.Version == 0 {
		return fmt.Errorf("%w: %s before created", ErrUnreadable, rec.Type)
	}
	t.note(e, meta)
	t.Version, t.Chain = rec.Version, chain
	return nil
}

// Note takes a step down that was folded before.
func (t *Sheet) Note(step Step) {
	if c, ok := step.Event.(Created); ok {
		t.create(c, step.After.Rules)
	}
	t.note(step.Event, step.Meta)
	t.Version, t.Chain = step.After.Version, step.After.Chain
}

func (t *Sheet) create(c Created, rules Rules) {
	t.Created, t.Status = c, Open
	seats := rules.Seats()
	t.Seats = make([]Place, len(seats))
	for i, seat := range seats {
		t.Seats[i] = Place{Seat: seat, Reserved: c.Reserved[seat]}
	}
}

func (t *Sheet) note(e Event, meta event.Meta) {
	switch e := e.(type) {
	case Created:
		t.CreatedAt = meta.At
	case Seated:
		for i := range t.Seats {
			if t.Seats[i].Seat == e.Seat {
				t.Seats[i].Player, t.Seats[i].Rating = e.Player, e.Rating
			}
		}
	case Started:
		t.Status, t.StartedAt = Ready, meta.At
	case MovePlayed:
		t.Status = Live
		t.Plies = append(t.Plies, Ply{Seat: e.Seat, M: e.M, Elapsed: e.Elapsed, Left: e.Left[e.Seat]})
	case TakenBack:
		t.Plies = t.Plies[:max(0, len(t.Plies)-e.Plies)]
	case Ended:
		t.Status, t.EndedAt, t.Next = Over, meta.At, e.Next
		t.Result = Result{Reason: e.Reason, Winner: e.Winner, Scores: e.Scores}
	}
}

// Score is how the game ended in the usual words: "1-0", "0-1", "1/2-1/2" from the first seat's side; "*" if it has not
// ended, or nobody won or drew anything, or it is not a game of two.
func (t *Sheet) Score() string {
	if t.Status != Over || len(t.Result.Scores) == 0 || len(t.Seats) != 2 {
		return "*"
	}
	switch first, second := t.Result.Scores[t.Seats[0].Seat], t.Result.Scores[t.Seats[1].Seat]; {
	case first > second:
		return "1-0"
	case first < second:
		return "0-1"
	default:
		return "1/2-1/2"
	}
}
