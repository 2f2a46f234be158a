package exports

import (
	"container/list"
	"context"
	"fmt"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
)

// feedGames is how many games a feed keeps in memory. One that is not there is read again from its beginning.
const feedGames = 2048

// Feed calls see with every step of every game behind a position, in the store's order: up to some moment after the call,
// or, if it follows, also those to come until ctx ends. Between batches it calls flush. Their errors end it and are
// returned. What it keeps in memory is bounded; see may take its time.
func (s *Source) Feed(ctx context.Context, after event.Position, follow bool, see func(event.Position, game.Step) error, flush func() error) error {
	f := &feed{source: s, states: make(map[string]*list.Element)}
	if !follow {
		for rec, err := range s.Log.ReadAll(ctx, after) {
			if err == nil {
				err = f.take(ctx, rec, see)
			}
			if err != nil {
				return err
			}
		}
		return flush()
	}
	return s.Log.SubscribeAll(ctx, after, func(batch []event.Recorded) error {
		for _, rec := range batch {
			if err := f.take(ctx, rec, see); err != nil {
				return err
			}
		}
		return flush()
	})
}

// feed holds the games that it met last.
type feed struct {
	source *Source
	states map[string]*list.Element // of *game.State
	recent list.List                // the longest unused first
}

func (f *feed) take(ctx context.Context, rec event.Recorded, see func(event.Position, game.Step) error) error {
	id, ok := rec.Stream.Game()
	if !ok {
		return nil
	}
	before, err := f.before(ctx, id, rec.Version)
	if err != nil {
		return err
	}
	step, err := game.Fold(before, rec, f.source.Kinds)
	if err != nil {
		return fmt.Errorf("game %s: %w", id, err)
	}
	f.keep(step.After)
	return see(rec.Position, step)
}

// before is a game as it was before a version.
func (f *feed) before(ctx context.Context, id string, version uint64) (*game.State, error) {
	s := game.New(id)
	if e, ok := f.states[id]; ok {
		s = e.Value.(*game.State)
	}
	if s.Version >= version-1 {
		return s, nil
	}
	for rec, err := range f.source.Log.ReadStream(ctx, event.GameStream(id), s.Version+1) {
		if err != nil {
			return nil, err
		}
		if rec.Version >= version {
			break
		}
		step, err := game.Fold(s, rec, f.source.Kinds)
		if err != nil {
			return nil, fmt.Errorf("game %s: %w", id, err)
		}
		s = step.After
	}
	return s, nil
}

// keep remembers a game's newest state until it ends or many others were met.
func (f *feed) keep(s *game.State) {
	e, ok := f.states[s.ID]
	switch {
	case ok && s.Status == game.Over:
		f.recent.Remove(e)
		delete(f.states, s.ID)
	case ok:
		e.Value = s
		f.recent.MoveToBack(e)
	case s.Status != game.Over:
		f.states[s.ID] = f.recent.PushBack(s)
		if f.recent.Len() > feedGames {
			oldest := f.recent.Remove(f.recent.Front()).(*game.State)
			delete(f.states, oldest.ID)
		}
	}
}
