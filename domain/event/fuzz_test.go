package event_test

import (
	"encoding/json"
	"testing"

	"github.com/plygames/ply/domain/event"
)

// FuzzDecodeMeta: any bytes are refused, or are what the standard decoder makes of them; what is then written is what the
// standard encoder writes, and is read as the same.
func FuzzDecodeMeta(f *testing.F) {
	for _, seed := range []string{
		`{"command":"c1","player":"ann","content":"5a","at":1764000000000,"server":"server-1","up":12}`,
		`{"at":-1,"server":"","up":0}`,
		`{"command":"<&>","at":1,"server":"\u00e4\"","up":2}`,
		`{"server":"s","up":1,"at":2,"more":[1]}`,
		`{"COMMAND":"x","command":"","at":1,"server":"s","up":1}`,
		"{\"command\":\"\xff\x7f\",\"at\":1,\"server\":\"s\",\"up\":999999999999999999}",
		`{}`, `null`, ``, `{"at":1e3}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		m, err := event.DecodeMeta(stored)
		var want event.Meta
		if refused := json.Unmarshal(stored, &want); (refused == nil) != (err == nil) {
			t.Fatalf("%q: %v; the standard decoder says %v", stored, err, refused)
		}
		if err != nil {
			if m != (event.Meta{}) {
				t.Fatalf("%q is refused and read as %+v", stored, m)
			}
			return
		}
		if m != want {
			t.Fatalf("%q is read as %+v, want %+v", stored, m, want)
		}
		written := m.Encode()
		if standard, err := json.Marshal(m); err != nil || string(standard) != string(written) {
			t.Fatalf("%+v is written as %q, want %q, %v", m, written, standard, err)
		}
		again, err := event.DecodeMeta(written)
		if err != nil {
			t.Fatalf("%q can't be read: %v", written, err)
		}
		// A text that is not UTF-8 is written as one that is; from then on nothing changes.
		if twice := again.Encode(); string(twice) != string(written) {
			t.Fatalf("%q is written of what was written as %q", twice, written)
		}
	})
}

// FuzzMeta: whatever a command and a server are called is read as it was written, if it is a text at all.
func FuzzMeta(f *testing.F) {
	f.Add("c1", "ann", "5a", int64(1764000000000), "server-1", int64(12))
	f.Add("<&>", "\u2028", "\x00", int64(-1), "\"\\", int64(-1<<63))
	f.Fuzz(func(t *testing.T, command, player, content string, at int64, server string, up int64) {
		m := event.Meta{Command: text(command), Player: text(player), Content: text(content), At: at, Server: text(server), Up: up}
		if got, err := event.DecodeMeta(m.Encode()); err != nil || got != m {
			t.Fatalf("%q is read as %+v, %v; was %+v", m.Encode(), got, err, m)
		}
	})
}

// text is what the standard encoder leaves of a text that is not UTF-8.
func text(s string) string { return string([]rune(s)) }
