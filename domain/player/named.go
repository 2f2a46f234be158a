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

// Record makes the event that follows in a player's stream, which is at a version with a head of its hash chain: 0 and
// event.Genesis if there is no event yet.
func Record(id string, version uint64, head event.Hash, n Named, meta event.Meta) event.Recorded {
	data, err := json.Marshal(n)
	if err != nil {
		panic("player: encode name: " + err.Error())
	}
	rec := event.Recorded{Stream: event.PlayerStream(id), Version: version + 1, Type: NamedType, Meta: meta.Encode(), Data: data}
	rec.ID = event.Next(head, rec.Type, rec.Meta, rec.Data).ID()
	return rec
}

// Name reads the name from an event of a player's stream; false if the event says nothing of it. A person who was erased
// has the empty name.
func Name(rec event.Recorded) (string, bool, error) {
	switch rec.Type {
	case NamedType:
	case ErasedType:
		return "", true, nil
	default:
		return "", false, nil
	}
	var n Named
	if err := json.Unmarshal(rec.Data, &n); err != nil {
		return "", false, fmt.Errorf("%s of %s at version %d: %w", rec.Type, rec.Stream, rec.Version, err)
	}
	return n.Name, true, nil
}
