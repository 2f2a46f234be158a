package robustness

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/pebble"
)

// Entry is one event of the log, as far as the checker looks.
type Entry struct {
	V               uint64
	Type            string // without its version: "move-played"
	Command, Player string // that caused it; empty = the server itself
	M               string // of a move
	Reason          string // of an end
	ID              event.ID
}

// Log is the truth: the events of every game in the order of their stream.
type Log map[string][]Entry

// ReadLog opens the data folder of a server that is not running and reads every game; see ReadStore.
func ReadLog(ctx context.Context, dir string) (Log, []string, error) {
	store, err := pebble.Open(pebble.Config{Dir: dir, Incarnation: "checker"})
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = store.Close() }() // it was only read
	log, findings, err := ReadStore(ctx, store, nil)
	if broken := store.Verify(ctx, nil); broken != nil {
		findings = append(findings, broken.Error())
	}
	return log, findings, err
}

// Store is the part of an event store that is read.
type Store interface {
	ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error]
}

// ReadStore reads every game of a store, or those that are wanted. Every event is folded, so its place in the hash chain
// is proved, and every move is judged again by the rules. What is wrong is a finding.
func ReadStore(ctx context.Context, store Store, wanted func(game string) bool) (Log, []string, error) {
	log := Log{}
	var findings []string
	folds := map[string]*Replay{}
	for rec, err := range store.ReadAll(ctx, "") {
		if err != nil {
			return nil, nil, err
		}
		id, ok := rec.Stream.Game()
		if !ok || wanted != nil && !wanted(id) {
			continue
		}
		if folds[id] == nil {
			folds[id] = NewReplay(id)
		}
		entry, finding := folds[id].Step(rec)
		log[id] = append(log[id], entry)
		if finding != "" {
			findings = append(findings, finding)
		}
	}
	return log, findings, nil
}

// Replay judges one game's events one after the other.
type Replay struct {
	state  *game.State
	broken bool // reported; what follows can't be judged
}

// NewReplay begins with the game that does not exist yet.
func NewReplay(id string) *Replay { return &Replay{state: game.New(id)} }

// Step judges and folds one event. The finding is empty if all is well.
func (r *Replay) Step(rec event.Recorded) (Entry, string) {
	e, meta, err := game.Decode(rec)
	entry := Entry{V: rec.Version, Type: typeOf(rec.Type), Command: meta.Command, Player: meta.Player, ID: rec.ID}
	if r.broken {
		return entry, ""
	}
	fail := func(format string, args ...any) (Entry, string) {
		r.broken = true
		return entry, fmt.Sprintf("%s version %d (%s): ", r.state.ID, rec.Version, rec.Type) + fmt.Sprintf(format, args...)
	}
	if err != nil {
		return fail("%v", err)
	}
	if r.state.Status == game.Over {
		return fail("after the end")
	}
	if move, ok := e.(game.MovePlayed); ok {
		if err := json.Unmarshal(move.M, &entry.M); err != nil {
			return fail("the move is no text: %v", err)
		}
		if !r.state.OnTurn(move.Seat) {
			return fail("%s is not on turn", move.Seat)
		}
		if seat, ok := r.state.SeatOf(meta.Player); !ok || seat != move.Seat {
			return fail("a move of %s by somebody else", move.Seat)
		}
		if _, err := r.state.Board.Judge(move.Seat, move.M, game.Seed{}); err != nil {
			return fail("illegal: %v", err)
		}
	}
	step, err := game.Fold(r.state, rec, games.Kinds)
	if err != nil {
		return fail("%v", err)
	}
	r.state = step.After
	if r.state.Status == game.Over {
		entry.Reason = r.state.Result.Reason
	}
	return entry, ""
}

// typeOf takes the version off a type's name.
func typeOf(name string) string {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == '.' {
			return name[:i]
		}
	}
	return name
}
