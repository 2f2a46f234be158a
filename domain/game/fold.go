package game

import (
	"errors"
	"fmt"

	"github.com/plygames/ply/domain/event"
)

// Kinds finds the rules of a kind of game.
type Kinds func(kind string) (Rules, bool)

// Errors of Fold: the store's history is not what was written.
var (
	// ErrGap: the event is not the next one of this game.
	ErrGap = errors.New("event is not the next one")
	// ErrChain: the event's id does not continue the hash chain.
	ErrChain = errors.New("event does not continue the hash chain")
)

// Fold takes one stored event into a game: decodes it, checks that it is the next one and that it continues the hash
// chain, and applies it. Errors wrap ErrGap, ErrChain or ErrUnreadable; s is unchanged in any case.
func Fold(s *State, rec event.Recorded, kinds Kinds) (Step, error) {
	f, err := read(s, rec, kinds)
	if err != nil {
		return Step{}, err
	}
	return Step{Recorded: rec, Meta: f.meta, Event: f.event, Before: s, After: apply(s, f.rules, f.event, rec.Version, f.meta, f.chain)}, nil
}

// Replay is Fold for whoever loads a game and wants no state but the last: it changes s, which New or Load has just made and
// nobody else has seen. After an error s is as it was before the event.
func Replay(s *State, rec event.Recorded, kinds Kinds) error {
	f, err := read(s, rec, kinds)
	if err == nil {
		s.take(f.rules, f.event, rec.Version, f.meta, f.chain)
	}
	return err
}

// Review is Replay for whoever doubts what is stored: judge is asked about each event before it is taken, with the game as it
// was. Its error is returned, and leaves s as it was.
func Review(s *State, rec event.Recorded, kinds Kinds, judge func(before *State, e Event, meta event.Meta) error) error {
	f, err := read(s, rec, kinds)
	if err == nil {
		err = judge(s, f.event, f.meta)
	}
	if err == nil {
		s.take(f.rules, f.event, rec.Version, f.meta, f.chain)
	}
	return err
}

// fact is a stored event as it was read for a state.
type fact struct {
	event Event
	meta  event.Meta
	rules Rules
	chain event.Hash
}

func read(s *State, rec event.Recorded, kinds Kinds) (f fact, err error) {
	if rec.Version != s.Version+1 {
		return fact{}, fmt.Errorf("%w: game %s is at version %d, event has %d", ErrGap, s.ID, s.Version, rec.Version)
	}
	f.chain = event.Next(s.Chain, rec.Type, rec.Meta, rec.Data)
	if f.chain.ID() != rec.ID {
		return fact{}, fmt.Errorf("%w: game %s, version %d", ErrChain, s.ID, rec.Version)
	}
	if f.event, f.meta, err = Decode(rec); err != nil {
		return fact{}, err
	}
	f.rules = s.Rules
	if c, ok := f.event.(Created); ok {
		if f.rules, ok = kinds(c.Kind); !ok {
			return fact{}, fmt.Errorf("%w: no rules for kind %q", ErrUnreadable, c.Kind)
		}
	}
	if f.rules == nil {
		return fact{}, fmt.Errorf("%w: %s before created", ErrUnreadable, rec.Type)
	}
	return f, nil
}

// Record turns decided events into steps: encoded, chained and applied, ready to be appended and then shown. The first
// event of a game is a Created; rules are those it was decided with.
func Record(s *State, rules Rules, events []Event, meta event.Meta) []Step {
	encodedMeta, stream := meta.Encode(), event.GameStream(s.ID)
	steps := make([]Step, 0, len(events))
	for _, e := range events {
		name, data := encode(e)
		chain := event.Next(s.Chain, name, encodedMeta, data)
		rec := event.Recorded{
			Stream:  stream,
			Version: s.Version + 1,
			ID:      chain.ID(),
			Type:    name,
			Meta:    encodedMeta,
			Data:    data,
		}
		after := apply(s, rules, e, rec.Version, meta, chain)
		steps = append(steps, Step{Recorded: rec, Meta: meta, Event: e, Before: s, After: after})
		s = after
	}
	return steps
}
