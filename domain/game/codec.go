package game

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/scan"
)

// ErrUnreadable reports an event that this server does not know or can't decode. A server that meets one does not
// host the game; it never guesses.
var ErrUnreadable = errors.New("event can't be read by this server")

// decoders is the one table of stored names. A new version of an event gets a line of its own whose function returns
// the newest type: one stored event is always one event, so that versions never shift.
var decoders = map[string]func([]byte) (Event, error){
	"created.v1":           decode[Created],
	"seated.v1":            decode[Seated],
	"seat-kept.v1":         decode[SeatKept],
	"seat-released.v1":     decode[SeatReleased],
	"started.v1":           decode[Started],
	"move-played.v1":       decodeMove,
	"draw-offered.v1":      decode[DrawOffered],
	"draw-declined.v1":     decode[DrawDeclined],
	"takeback-offered.v1":  decode[TakebackOffered],
	"takeback-declined.v1": decode[TakebackDeclined],
	"taken-back.v1":        decode[TakenBack],
	"time-added.v1":        decode[TimeAdded],
	"clock-adjusted.v1":    decode[ClockAdjusted],
	"ended.v1":             decode[Ended],
}

// typeName is the name under which this release writes an event. Written out, never derived.
func typeName(e Event) string {
	switch e.(type) {
	case Created:
		return "created.v1"
	case Seated:
		return "seated.v1"
	case SeatKept:
		return "seat-kept.v1"
	case SeatReleased:
		return "seat-released.v1"
	case Started:
		return "started.v1"
	case MovePlayed:
		return "move-played.v1"
	case DrawOffered:
		return "draw-offered.v1"
	case DrawDeclined:
		return "draw-declined.v1"
	case TakebackOffered:
		return "takeback-offered.v1"
	case TakebackDeclined:
		return "takeback-declined.v1"
	case TakenBack:
		return "taken-back.v1"
	case TimeAdded:
		return "time-added.v1"
	case ClockAdjusted:
		return "clock-adjusted.v1"
	case Ended:
		return "ended.v1"
	default:
		panic(fmt.Sprintf("game: event %T has no stored name", e))
	}
}

func decode[E Event](data []byte) (Event, error) {
	var e E
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	return e, nil
}

// decodeMove is decode for the most frequent event: what this release writes of a move in text is scanned, anything else
// is decoded.
func decodeMove(data []byte) (Event, error) {
	s := scan.New(data)
	s.Expect(`{"seat":"`)
	e := MovePlayed{Seat: Seat(s.Text())}
	s.Expect(`","m":"`)
	e.M = json.RawMessage(`"` + s.Text() + `"`)
	s.Expect(`","elapsed":`)
	e.Elapsed = s.Int()
	s.Expect(`,"lag":`)
	e.Lag = s.Int()
	s.Expect(`,"comp":`)
	e.Comp = s.Int()
	if s.Try(`,"left":{"`) {
		e.Left = make(Times, 2)
		for more := true; more; more = s.Try(`,"`) {
			seat := Seat(s.Text())
			s.Expect(`":`)
			e.Left[seat] = s.Int()
		}
		s.Expect("}")
	}
	s.Expect("}")
	if !s.OK() {
		return decode[MovePlayed](data)
	}
	return e, nil
}

// encode gives an event's stored name and bytes. Every field was checked before, so it can't fail.
func encode(e Event) (name string, data []byte) {
	data, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("game: encode %T: %v", e, err))
	}
	return typeName(e), data
}

// Decode reads a stored event of a game. Errors wrap ErrUnreadable.
func Decode(rec event.Recorded) (Event, event.Meta, error) {
	read, known := decoders[rec.Type]
	if !known {
		return nil, event.Meta{}, fmt.Errorf("%w: type %q", ErrUnreadable, rec.Type)
	}
	e, err := read(rec.Data)
	if err != nil {
		return nil, event.Meta{}, fmt.Errorf("%w: %s at version %d: %w", ErrUnreadable, rec.Type, rec.Version, err)
	}
	meta, err := event.DecodeMeta(rec.Meta)
	if err != nil {
		return nil, event.Meta{}, fmt.Errorf("%w: %s at version %d: %w", ErrUnreadable, rec.Type, rec.Version, err)
	}
	return e, meta, nil
}
