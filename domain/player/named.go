// Package player holds the facts about people. Each person has a stream of their own, the only place where a name is
// kept: deleting it forgets the person, and every game stays whole.
package player

import (
	"encoding/json"
	"fmt"

	"github.com/plygames/ply/domain/event"
)

// NamedType is the stored name of Named.
const NamedType = "player-named.v1"

// Named: this is what the person is called from now on.
type Named struct {
	Name string `json:"name"`
}

// Record makes the event that follows an event of the stream; last is nil if there is none yet. The chain of a player's
// stream needs no earlier content: it continues from the id of the last event.
func Record(id string, last *event.Recorded, n Named, meta event.Meta) event.Recorded {
	data, err := json.Marshal(n)
	if err != nil {
		panic("player: encode name: " + err.Error())
	}
	stream := event.PlayerStream(id)
	rec := event.Recorded{Stream: stream, Version: 1, Type: NamedType, Meta: meta.Encode(), Data: data}
	prev := event.Genesis(stream)
	if last != nil {
		rec.Version = last.Version + 1
		copy(prev[:], last.ID[:])
	}
	rec.ID = event.Next(prev, rec.Type, rec.Meta, rec.Data).ID()
	return rec
}

// Name reads the name from an event of a player's stream; false if the event gives none.
func Name(rec event.Recorded) (string, bool, error) {
	if rec.Type != NamedType {
		return "", false, nil
	}
	var n Named
	if err := json.Unmarshal(rec.Data, &n); err != nil {
		return "", false, fmt.Errorf("%s of %s at version %d: %w", rec.Type, rec.Stream, rec.Version, err)
	}
	return n.Name, true, nil
}
