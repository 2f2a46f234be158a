package pebble

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/plygames/ply/domain/event"
)

// errCorrupt reports stored bytes that do not make sense. Pebble's own checksums catch what the disk did to them; this
// is for what is left.
var errCorrupt = errors.New("stored data is corrupt")

// The value of an event's key: format (1 byte) | position (uint64) | id (16 bytes) | type, meta and data, each
// preceded by its length (uvarint). An event with a stamp is of format 2, which has it (uint64) behind the id.
const (
	plainFormat   = 1
	stampedFormat = 2
	recordHeader  = 1 + 8 + 16
	stampSize     = 8
)

func recordSize(e *event.Recorded) int {
	return recordHeader + stampSize + 3*binary.MaxVarintLen32 + len(e.Type) + len(e.Meta) + len(e.Data)
}

func appendRecord(b []byte, position uint64, e *event.Recorded) []byte {
	format := byte(plainFormat)
	if e.Stamp != 0 {
		format = stampedFormat
	}
	b = append(b, format)
	b = binary.BigEndian.AppendUint64(b, position)
	b = append(b, e.ID[:]...)
	if e.Stamp != 0 {
		b = binary.BigEndian.AppendUint64(b, e.Stamp)
	}
	b = binary.AppendUvarint(b, uint64(len(e.Type)))
	b = append(b, e.Type...)
	b = binary.AppendUvarint(b, uint64(len(e.Meta)))
	b = append(b, e.Meta...)
	b = binary.AppendUvarint(b, uint64(len(e.Data)))
	return append(b, e.Data...)
}

// recordPlace reads only where an event stands and which it is.
func recordPlace(v []byte) (position uint64, id event.ID, err error) {
	if len(v) < recordHeader || v[0] != plainFormat && (v[0] != stampedFormat || len(v) < recordHeader+stampSize) {
		return 0, id, fmt.Errorf("%w: not an event of a format up to %d", errCorrupt, stampedFormat)
	}
	copy(id[:], v[9:recordHeader])
	return binary.BigEndian.Uint64(v[1:]), id, nil
}

// arena gives copies of small pieces of bytes out of bigger blocks, so that reading a game takes few allocations. Who
// keeps one event keeps at most its block.
type arena []byte

const arenaBlock = 8 << 10

func (a *arena) copy(b []byte) []byte {
	if len(b) > cap(*a)-len(*a) {
		if len(b) > arenaBlock/2 {
			return append([]byte(nil), b...)
		}
		*a = make([]byte, 0, arenaBlock)
	}
	from := len(*a)
	*a = append(*a, b...)
	return (*a)[from:len(*a):len(*a)]
}

// decodeRecord reads an event but for its position, which it gives apart. The result owns its bytes: v is copied.
func decodeRecord(types *names, stream event.Stream, version uint64, v []byte, a *arena) (event.Recorded, uint64, error) {
	position, id, err := recordPlace(v)
	if err != nil {
		return event.Recorded{}, 0, err
	}
	header, stamp := recordHeader, uint64(0)
	if v[0] == stampedFormat {
		stamp = binary.BigEndian.Uint64(v[recordHeader:])
		header += stampSize
	}
	rest := a.copy(v[header:])
	var parts [3][]byte
	for i := range parts {
		n, used := binary.Uvarint(rest)
		if used <= 0 || n > uint64(len(rest)-used) {
			return event.Recorded{}, 0, fmt.Errorf("%w: event is cut short", errCorrupt)
		}
		end := used + int(n)
		parts[i] = rest[used:end:end]
		rest = rest[end:]
	}
	if len(rest) != 0 {
		return event.Recorded{}, 0, fmt.Errorf("%w: %d bytes behind the event", errCorrupt, len(rest))
	}
	return event.Recorded{
		Stream: stream, Version: version, ID: id,
		Type: types.intern(parts[0]), Meta: parts[1], Data: parts[2], Stamp: stamp,
	}, position, nil
}

// names interns the names of event types: there are few, and every event read would allocate one otherwise. Reading
// takes no lock.
type names struct {
	known atomic.Pointer[map[string]string]
}

// maxNames bounds the memory, should a caller invent types.
const maxNames = 1000

func (n *names) intern(b []byte) string {
	old := n.known.Load()
	if old != nil {
		if s, ok := (*old)[string(b)]; ok {
			return s
		}
	}
	s := string(b)
	grown := map[string]string{s: s}
	if old != nil {
		if len(*old) >= maxNames {
			return s
		}
		for k, v := range *old {
			grown[k] = v
		}
	}
	n.known.CompareAndSwap(old, &grown)
	return s
}
