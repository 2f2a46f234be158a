package deadlines

import (
	"encoding/binary"
	"errors"

	"github.com/plygames/ply/domain/game"
)

// A row is written with every move of every game, so it is binary: numbers are varints, texts are preceded by their
// length. In order: the clock's type, initial time, increment, delay and days; started; server; who has offered a takeback;
// number of seats; and of each seat its name, time left, moved, turn and since. Whoever changes that changes Schema.

// errRow reports a row that encode has not written.
var errRow = errors.New("a row that can't be read")

// encode writes the row.
func (r *record) encode() []byte {
	b := make([]byte, 0, 96+48*len(r.Seats))
	b = appendText(b, r.Clock.Type)
	b = binary.AppendVarint(b, r.Clock.Initial)
	b = binary.AppendVarint(b, r.Clock.Increment)
	b = binary.AppendVarint(b, r.Clock.Delay)
	b = binary.AppendVarint(b, r.Clock.Days)
	b = appendBool(b, r.Started)
	b = appendText(b, r.Server)
	b = appendText(b, string(r.Takeback))
	b = binary.AppendVarint(b, int64(len(r.Seats)))
	for _, s := range r.Seats {
		b = appendText(b, string(s.Seat))
		b = binary.AppendVarint(b, s.Left)
		b = appendBool(b, s.Moved)
		b = appendBool(b, s.Turn)
		b = binary.AppendVarint(b, s.Since)
	}
	return b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendVarint(b, int64(len(text))), text...)
}

func appendBool(b []byte, is bool) []byte {
	if is {
		return binary.AppendVarint(b, 1)
	}
	return binary.AppendVarint(b, 0)
}

// decode reads what encode wrote.
func decode(row []byte) (r record, err error) {
	f := fields{rest: row}
	r.Clock.Type = f.text()
	r.Clock.Initial, r.Clock.Increment, r.Clock.Delay, r.Clock.Days = f.int(), f.int(), f.int(), f.int()
	r.Started = f.bool()
	r.Server = f.text()
	r.Takeback = game.Seat(f.text())
	n := f.int()
	if n < 0 || n > int64(len(f.rest)) {
		return record{}, errRow
	}
	r.Seats = make([]seat, n)
	for i := range r.Seats {
		r.Seats[i] = seat{Seat: game.Seat(f.text()), Left: f.int(), Moved: f.bool(), Turn: f.bool(), Since: f.int()}
	}
	if f.failed || len(f.rest) > 0 {
		return record{}, errRow
	}
	return r, nil
}

// fields reads from the front of a row. After the first mistake it yields nothing any more.
type fields struct {
	rest   []byte
	failed bool
}

func (f *fields) int() int64 {
	n, used := binary.Varint(f.rest)
	if used <= 0 {
		f.rest, f.failed = nil, true
		return 0
	}
	f.rest = f.rest[used:]
	return n
}

func (f *fields) bool() bool { return f.int() != 0 }

func (f *fields) text() string {
	n := f.int()
	if n < 0 || n > int64(len(f.rest)) {
		f.rest, f.failed = nil, true
		return ""
	}
	text := string(f.rest[:n])
	f.rest = f.rest[n:]
	return text
}
