package bus

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/plygames/ply/domain/event"
)

// Headers of a record in Kafka, beside kindKey and positionKey. The key of a record is the game's id and its value is
// the event's data, byte for byte as stored, so that other programs need to know one schema only.
const (
	streamKey  = "ply-stream"
	versionKey = "ply-version"
	idKey      = "ply-id"
	typeKey    = "ply-type"
	metaKey    = "ply-meta"

	kindEvent = "event.v1"
)

// encodeEvent makes one message of one event.
func encodeEvent(e *event.Recorded) *message.Message {
	id := formatID(e.ID)
	m := message.NewMessage(id, e.Data)
	m.Metadata = message.Metadata{
		kindKey:     kindEvent,
		streamKey:   string(e.Stream),
		versionKey:  strconv.FormatUint(e.Version, 10),
		positionKey: string(e.Position),
		idKey:       id,
		typeKey:     e.Type,
		metaKey:     string(e.Meta),
	}
	return m
}

// decodeEvent reads what encodeEvent wrote.
func decodeEvent(m *message.Message) (event.Recorded, error) {
	e := event.Recorded{
		Stream:   event.Stream(m.Metadata[streamKey]),
		Position: event.Position(m.Metadata[positionKey]),
		Type:     m.Metadata[typeKey],
		Meta:     []byte(m.Metadata[metaKey]),
		Data:     m.Payload,
	}
	if e.Stream == "" || e.Type == "" {
		return event.Recorded{}, fmt.Errorf("%w: no stream or no type", errMalformed)
	}
	var err error
	if e.Version, err = strconv.ParseUint(m.Metadata[versionKey], 10, 64); err != nil || e.Version == 0 {
		return event.Recorded{}, fmt.Errorf("%w: version %q", errMalformed, m.Metadata[versionKey])
	}
	var ok bool
	if e.ID, ok = parseID(m.Metadata[idKey]); !ok {
		return event.Recorded{}, fmt.Errorf("%w: id %q", errMalformed, m.Metadata[idKey])
	}
	return e, nil
}

// formatID is event.ID's text, made without reflection: every event passes here.
func formatID(id event.ID) string {
	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:36], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

func parseID(text string) (id event.ID, ok bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(text[0:8]+text[9:13]+text[14:18]+text[19:23]+text[24:36]))
	return id, err == nil
}
