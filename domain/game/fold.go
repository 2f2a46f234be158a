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
	if rec.Version != s.Version+1 {
		return Step{}, fmt.Errorf("%w: game %s is at version %d, event has %d", ErrGap, s.ID, s.Version, rec.Version)
	}
	chain := event.Next(s.Chain, rec.Type, rec.Meta, rec.Data)
	if chain.ID() != rec.ID {
		return Step{}, fmt.Errorf("%w: game %s, version %d", ErrChain, s.ID, rec.Version)
	}
	e, meta, err := Decode(rec)
	if err != nil {
		return Step{}, err
	}
	rules := s.Rules
	if c, ok := e.(Created); ok {
		if rules, ok = kinds(c.Kind); !ok {
			return Step{}, fmt.Errorf("%w: no rules for kind %q", ErrUnreadable, c.Kind)
		}
	}
	if rules == nil {
		return Step{}, fmt.Errorf("%w: %s before created", ErrUnreadable, rec.Type)
	}
	return Step{Recorded: rec, Meta: meta, Event: e, Before: s, After: apply(s, rules, e, rec.Version, meta, chain)}, nil
}

// Record turns decided events into steps: encoded, chained and applied, ready to be appended and then shown. The first
// event of a game is a Created; rules are those it was decided with.
func Record(s *State, rules Rules, events []Event, meta event.Meta) []Step {
	encodedMeta := meta.Encode()
	steps := make([]Step, 0, len(events))
	for _, e := range events {
		name, data := encode(e)
		chain := event.Next(s.Chain, name, encodedMeta, data)
		rec := event.Recorded{
			Stream:  event.GameStream(s.ID),
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
