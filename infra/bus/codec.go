package bus

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/plygames/ply/domain/event"
)

// Metadata of a message. The kind comes first: a reader that meets one it does not know skips the message.
const (
	kindKey     = "ply-kind"
	positionKey = "ply-position" // watermark: up to where everything is out

	kindEvents    = "events.v1"
	kindWatermark = "watermark.v1"
)

// errMalformed is the root of everything that can be wrong with a message.
var errMalformed = errors.New("malformed bus message")

// encodeEvents makes one message of a batch. The payload is the events one after the other, each field preceded by
// its length as an unsigned varint; the stored bytes go through untouched, because they are what was hashed.
func encodeEvents(events []event.Recorded) *message.Message {
	size := 0
	for i := range events {
		e := &events[i]
		size += len(e.Stream) + len(e.Position) + len(e.ID) + len(e.Type) + len(e.Meta) + len(e.Data) + 6*binary.MaxVarintLen32
	}
	b := make([]byte, 0, size)
	for i := range events {
		e := &events[i]
		b = appendField(b, string(e.Stream))
		b = binary.AppendUvarint(b, e.Version)
		b = appendField(b, string(e.Position))
		b = append(b, e.ID[:]...)
		b = appendField(b, e.Type)
		b = appendField(b, e.Meta)
		b = appendField(b, e.Data)
	}
	m := message.NewMessage(watermill.NewULID(), b)
	m.Metadata.Set(kindKey, kindEvents)
	return m
}

// encodeWatermark makes the message that says how far everything is out.
func encodeWatermark(at event.Position) *message.Message {
	m := message.NewMessage(watermill.NewULID(), nil)
	m.Metadata.Set(kindKey, kindWatermark)
	m.Metadata.Set(positionKey, string(at))
	return m
}

func appendField[T string | []byte](b []byte, field T) []byte {
	b = binary.AppendUvarint(b, uint64(len(field)))
	return append(b, field...)
}

// decodeEvents reads what encodeEvents wrote. The events share the payload's memory. It never panics, whatever the
// bytes are.
func decodeEvents(payload []byte) ([]event.Recorded, error) {
	r := reader{rest: payload}
	var events []event.Recorded
	for len(r.rest) > 0 && r.err == nil {
		var e event.Recorded
		e.Stream = event.Stream(r.field())
		e.Version = r.number()
		e.Position = event.Position(r.field())
		copy(e.ID[:], r.take(uint64(len(e.ID))))
		e.Type = string(r.field())
		e.Meta = r.field()
		e.Data = r.field()
		events = append(events, e)
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case len(events) == 0:
		return nil, fmt.Errorf("%w: no events", errMalformed)
	}
	return events, nil
}

// reader takes fields off a payload; after the first mistake it yields nothing any more.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) number() uint64 {
	n, used := binary.Uvarint(r.rest)
	if used <= 0 {
		r.fail("a number is cut off or too large")
		return 0
	}
	r.rest = r.rest[used:]
	return n
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail("a field is longer than the message")
		return nil
	}
	field := r.rest[:n:n]
	r.rest = r.rest[n:]
	return field
}

func (r *reader) field() []byte { return r.take(r.number()) }

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", errMalformed, what)
	}
	r.rest = nil
}
