package exports

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/projections"
)

// Source is what is exported from.
type Source struct {
	Log   projections.Log
	Kinds game.Kinds
	Name  func(player string) string // what a player is called, "" = no name; safe for concurrent use
}

// Beginnings is an optional ability of a Log: the first events of all streams after a position, in the global order,
// without reading what lies between. Only Stream, Version and Position need be set.
type Beginnings interface {
	Beginnings(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error]
}

// Selection says which games are exported, and who looks. The zero Selection is everything, as it is.
type Selection struct {
	Since, Until int64  // Unix ms of creation: from Since on, before Until; 0 = open
	Player       string // who sits, or sat, in the game
	Kind         string
	// Public: only what anybody may see at Now (Unix ms): no games that are not listed, what hidden games and delayed ones
	// show to watchers as long as they are played.
	Public bool
	Now    int64
}

// Text makes something of a game on the goroutine that reads it, so that many are made at once; nil = not in this format.
type Text func(g *Game) []byte

// look is one game on its way: read on a goroutine of its own, given out in order.
type look struct {
	game Game
	keep bool
	err  error
}

// Games gives the selected games that were created after a position, up to some moment after the call, in the order of
// their creation. An unfinished game is given as it is when it is read. The Game is the caller's only until the next one
// is asked for. An error ends the sequence.
func (s *Source) Games(ctx context.Context, after event.Position, sel Selection, text Text) iter.Seq2[*Game, error] {
	return func(yield func(*Game, error) bool) {
		var running sync.WaitGroup
		defer running.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		workers := runtime.GOMAXPROCS(0) + 1
		// Each game gets a place in line; places are kept for a few games more than are read at once.
		line := make(chan chan *look, 8*workers)
		jobs := make(chan job, workers)
		free := make(chan *look, 10*workers)
		for range workers {
			running.Go(func() {
				for j := range jobs {
					l := j.into
					l.keep, l.err = s.read(ctx, j.first, sel, &l.game)
					if l.keep && text != nil {
						l.game.Text = text(&l.game)
						l.keep = l.game.Text != nil
					}
					j.done <- l
				}
			})
		}
		running.Go(func() {
			defer close(line)
			defer close(jobs)
			for first, err := range s.beginnings(ctx, after) {
				done := make(chan *look, 1)
				if err != nil {
					done <- &look{err: err}
				}
				select {
				case line <- done:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
				l := &look{}
				select {
				case l = <-free:
				default:
				}
				jobs <- job{first, l, done} // the workers always take it
			}
		})
		for done := range line {
			l := <-done
			if l.err != nil {
				yield(nil, l.err)
				return
			}
			if l.keep && !yield(&l.game, nil) {
				return
			}
			select {
			case free <- l:
			default:
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

type job struct {
	first event.Recorded
	into  *look
	done  chan *look
}

// beginnings gives the first events of games.
func (s *Source) beginnings(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error] {
	all := s.Log.ReadAll
	if quick, ok := s.Log.(Beginnings); ok {
		all = quick.Beginnings
	}
	return func(yield func(event.Recorded, error) bool) {
		for rec, err := range all(ctx, after) {
			if _, isGame := rec.Stream.Game(); err == nil && (!isGame || rec.Version != 1) {
				continue
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// read reads one game. keep is false if it is not selected.
func (s *Source) read(ctx context.Context, first event.Recorded, sel Selection, into *Game) (keep bool, err error) {
	id, _ := first.Stream.Game()
	t := game.NewSheet(id)
	if into.Sheet != nil {
		t.Plies = into.Sheet.Plies[:0]
	}
	shown := t // what the audience may see: with a delay, a sheet that stopped earlier
	for rec, err := range s.Log.ReadStream(ctx, first.Stream, 1) {
		if err != nil {
			return false, err
		}
		if sel.Public && shown == t && t.Version > 0 && t.Created.Delay > 0 {
			if meta, err := event.DecodeMeta(rec.Meta); err == nil && meta.At > sel.Now-t.Created.Delay {
				early := *t
				early.Plies = append([]game.Ply(nil), t.Plies...)
				early.Seats = append([]game.Place(nil), t.Seats...)
				shown = &early
			}
		}
		if err := t.Record(rec, s.Kinds); err != nil {
			return false, fmt.Errorf("game %s: %w", id, err)
		}
		if rec.Version == 1 && sel.skips(t) {
			return false, nil
		}
	}
	if t.Version == 0 {
		return false, fmt.Errorf("game %s: its events are missing", id)
	}
	if t.Status == game.Over {
		shown = t // the end releases everything
	} else if sel.Public {
		if t.Created.Delay > 0 && t.CreatedAt > sel.Now-t.Created.Delay {
			return false, nil
		}
		s.redact(shown)
	}
	if sel.Public && t.Created.Access != game.AccessOpen && sits(shown, "") {
		return false, nil // is listed nowhere as long as only who is invited may sit down
	}
	if sel.Player != "" && !sits(shown, sel.Player) {
		return false, nil
	}
	into.At, into.Sheet = first.Position, shown
	into.Row.fill(shown, s.Name)
	return true, nil
}

// skips tells from its first event that a game is not selected.
func (sel *Selection) skips(t *game.Sheet) bool {
	return sel.Kind != "" && t.Created.Kind != sel.Kind || sel.Since != 0 && t.CreatedAt < sel.Since ||
		sel.Until != 0 && t.CreatedAt >= sel.Until || sel.Public && t.Created.Watch != game.WatchPublic
}

func sits(t *game.Sheet, player string) bool {
	for i := range t.Seats {
		if t.Seats[i].Player == player {
			return true
		}
	}
	return false
}

// redact takes out what watchers may not see of a game that is being played.
func (s *Source) redact(t *game.Sheet) {
	rules, ok := s.Kinds(t.Created.Kind)
	if !ok {
		return
	}
	for i := range t.Plies {
		p := &t.Plies[i]
		m, _, seen := rules.RedactMove(p.Seat, p.M, nil, game.Watchers)
		if seen == game.Hidden {
			m = nil
		}
		p.M = m
	}
}
