package player

import (
	"encoding/json"
	"fmt"

	"github.com/plygames/ply/domain/event"
)

// ChosenType is the stored name of Chosen.
const ChosenType = "seek-chosen.v1"

// Chosen: of all open games in which the person waits to be paired it is this one, as it was at a version, out of which
// they are paired from now on. The next one may be chosen only if nothing can come of this any more, or a game that the
// other one may be played beside.
type Chosen struct {
	Game    string   `json:"game"`
	Version uint64   `json:"version"`
	Beside  []string `json:"beside,omitempty"` // what came of earlier choices and had not ended
}

// Seeker follows a person's stream of choices. The zero Chosen at version 0 is before the first.
type Seeker struct {
	Chosen
	Stream event.Stream
	At     uint64 // version of the stream

	head event.Hash
}

// FollowSeeker is a person's stream of choices before the first event.
func FollowSeeker(id string) *Seeker {
	stream := event.SeekerStream(id)
	return &Seeker{Stream: stream, head: event.Genesis(stream)}
}

// Apply takes the next event in and proves its place in the hash chain.
func (s *Seeker) Apply(rec event.Recorded) error {
	if rec.Version != s.At+1 {
		return fmt.Errorf("follows version %d", s.At)
	}
	head := event.Next(s.head, rec.Type, rec.Meta, rec.Data)
	if head.ID() != rec.ID {
		return ErrChain
	}
	if rec.Type != ChosenType {
		return fmt.Errorf("%s version %d is of the unknown type %s", rec.Stream, rec.Version, rec.Type)
	}
	var c Chosen
	if err := json.Unmarshal(rec.Data, &c); err != nil {
		return fmt.Errorf("%s of %s at version %d: %w", rec.Type, rec.Stream, rec.Version, err)
	}
	s.Chosen, s.At, s.head = c, rec.Version, head
	return nil
}

// Choose makes the event of the next choice.
func (s *Seeker) Choose(c Chosen, meta event.Meta) event.Recorded {
	data, err := json.Marshal(c)
	if err != nil {
		panic("player: encode a choice: " + err.Error())
	}
	rec := event.Recorded{Stream: s.Stream, Version: s.At + 1, Type: ChosenType, Meta: meta.Encode(), Data: data}
	rec.ID = event.Next(s.head, rec.Type, rec.Meta, rec.Data).ID()
	return rec
}
