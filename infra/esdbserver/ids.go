package esdbserver

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"

	"github.com/plygames/ply/domain/event"
)

// newID is a random UUID, for events that the server writes by itself.
func newID() event.ID {
	var id event.ID
	_, _ = rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

// structured is an id as two halves, big endian.
func structured(id event.ID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
	}}}
}

func textual(id event.ID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_String_{String_: id.String()}}
}

// readID reads an id in either form; false if it is none, or the nil UUID, which no event may have.
func readID(u *shared.UUID) (id event.ID, ok bool) {
	switch v := u.GetValue().(type) {
	case *shared.UUID_Structured_:
		binary.BigEndian.PutUint64(id[:8], uint64(v.Structured.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(id[8:], uint64(v.Structured.GetLeastSignificantBits()))
	case *shared.UUID_String_:
		b, err := hex.DecodeString(strings.ReplaceAll(v.String_, "-", ""))
		if err != nil || len(b) != len(id) {
			return id, false
		}
		copy(id[:], b)
	}
	return id, id != event.ID{}
}
