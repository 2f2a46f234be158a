package game

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/scan"
)

// ErrUnreadable reports an event that this server does not know or can't decode. A server that meets one does not
// host the game; it never guesses.
var ErrUnreadable = errors.New("event can't be read by this server")

// moveType is the stored name of nearly all events.
const moveType = "move-played.v1"

// decoders is the one table of stored names. A new version of an event gets a line of its own whose function returns
// the newest type: one stored event is always one event, so that versions never shift.
var decoders = map[string]func([]byte) (Event, error){
	"created.v1":           decode[Created],
	"seated.v1":            decode[Seated],
	"seat-kept.v1":         decode[SeatKept],
	"seat-released.v1":     decode[SeatReleased],
	"started.v1":           decode[Started],
	moveType:               decodeMove,
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
		return moveType
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
	t, ok := scanMove(data)
	if !ok {
		return decode[MovePlayed](data)
	}
	e := MovePlayed{Seat: Seat(t.seat), M: t.m, Elapsed: t.elapsed, Lag: t.lag, Comp: t.comp}
	if t.clocks > 0 {
		e.Left = make(Times, t.clocks)
		for _, left := range t.left[:t.clocks] {
			e.Left[Seat(left.seat)] = left.ms
		}
	}
	return e, nil
}

// encode gives an event's stored name and bytes. Every field was checked before, so it can't fail.
func encode(e Event) (name string, data []byte) {
	if m, ok := e.(MovePlayed); ok {
		if data, ok = encodeMove(m); ok {
			return typeName(e), data
		}
	}
	data, err := json.Marshal(e)
	if err != nil {
		panic(fmt.Sprintf("game: encode %T: %v", e, err))
	}
	return typeName(e), data
}

// encodeMove writes the most frequent event by hand, to the same bytes as the standard encoder. False: it is one of those
// that need more care, with a move that is no plain text, something drawn, or more than two seats.
func encodeMove(e MovePlayed) ([]byte, bool) {
	n := len(e.M)
	if n < 2 || e.M[0] != '"' || e.M[n-1] != '"' || !scan.Plain(e.M[1:n-1]) || !scan.Plain(e.Seat) || len(e.Drawn) > 0 || len(e.Left) > 2 {
		return nil, false
	}
	b := make([]byte, 0, 128+n+2*len(e.Seat))
	b = append(b, `{"seat":"`...)
	b = append(b, e.Seat...)
	b = append(b, `","m":`...)
	b = append(b, e.M...)
	b = append(b, `,"elapsed":`...)
	b = strconv.AppendInt(b, e.Elapsed, 10)
	b = append(b, `,"lag":`...)
	b = strconv.AppendInt(b, e.Lag, 10)
	b = append(b, `,"comp":`...)
	b = strconv.AppendInt(b, e.Comp, 10)
	if len(e.Left) > 0 {
		b = append(b, `,"left":{`...)
		var first, second Seat // in the order of the alphabet
		for seat := range e.Left {
			if seat == "" || !scan.Plain(seat) {
				return nil, false
			}
			first, second = min(seat, cmp.Or(first, seat)), max(seat, second)
		}
		b = appendLeft(b, first, e.Left[first])
		if len(e.Left) == 2 {
			b = append(b, ',')
			b = appendLeft(b, second, e.Left[second])
		}
		b = append(b, '}')
	}
	return append(b, '}'), true
}

func appendLeft(b []byte, seat Seat, ms int64) []byte {
	b = append(b, '"')
	b = append(b, seat...)
	b = append(b, `":`...)
	return strconv.AppendInt(b, ms, 10)
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
