package event_test

import (
	"encoding/json"
	"testing"

	"github.com/plygames/ply/domain/event"
)

func TestIDIsAUUIDOfVersion8(t *testing.T) {
	h := event.Next(event.Genesis("game-a"), "created.v1", []byte(`{}`), []byte(`{}`))
	id := h.ID()
	s := id.String()
	if s[14] != '8' || (s[19] != '8' && s[19] != '9' && s[19] != 'a' && s[19] != 'b') {
		t.Errorf("%s is not a UUID of version 8, variant 10", s)
	}
}

// Moving a byte from one part to the next, or another stream, gives another hash.
func TestChainIsInjective(t *testing.T) {
	prev := event.Genesis("game-a")
	seen := map[event.Hash]string{}
	for name, h := range map[string]event.Hash{
		"ab|c|d":       event.Next(prev, "ab", []byte("c"), []byte("d")),
		"a|bc|d":       event.Next(prev, "a", []byte("bc"), []byte("d")),
		"a|b|cd":       event.Next(prev, "a", []byte("b"), []byte("cd")),
		"a||bcd":       event.Next(prev, "a", nil, []byte("bcd")),
		"other stream": event.Next(event.Genesis("game-b"), "ab", []byte("c"), []byte("d")),
	} {
		if other, dup := seen[h]; dup {
			t.Errorf("%s and %s have one hash", name, other)
		}
		seen[h] = name
	}
}

// The chain is part of the stored format: these figures never change.
func TestChainGolden(t *testing.T) {
	h := event.Next(event.Genesis("game-k3JqT9xBv2Lm"), "created.v1", []byte(`{"at":1}`), []byte(`{"kind":"chess"}`))
	const want = "6b9ee2b0f15f88bf92bceb7e9422b19c748741afdfb3345fa6b3df51d100415b"
	if h.String() != want {
		t.Errorf("chain %s, want %s", h, want)
	}
}

func TestMetaRoundTrip(t *testing.T) {
	m := event.Meta{Command: "c", Player: "p", Content: "f", At: 1764000014721, Server: "s", Up: 12}
	got, err := event.DecodeMeta(m.Encode())
	if err != nil || got != m {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := event.DecodeMeta([]byte("no")); err == nil {
		t.Error("garbage is read")
	}
}

// The quick way of reading metadata and the standard one agree.
func TestMetaHoweverWritten(t *testing.T) {
	want := event.Meta{Command: "c", At: 5, Server: "s", Up: 7}
	for _, stored := range []string{`{"command":"c","at":5,"server":"s","up":7}`, `{"up":7,"at":5,"server":"s","command":"c"}`,
		`{ "command":"\u0063","at":5,"server":"s","up":7,"later":"field" }`} {
		if got, err := event.DecodeMeta([]byte(stored)); err != nil || got != want {
			t.Errorf("%s is read as %+v, %v", stored, got, err)
		}
	}
}

// The quick way of writing metadata gives the bytes of the standard encoder.
func TestMetaAsTheStandardEncoder(t *testing.T) {
	for _, m := range []event.Meta{
		{}, {At: -1, Server: "s", Up: 12}, {Command: "c", Player: "p", Content: "f", At: 1764000014721, Server: "s", Up: 12},
		{Command: "c", Server: "s"}, {Player: "p"}, {Content: "f"},
		{Command: "a\"b", Server: "s"}, {Player: "a<b"}, {Content: "\u00e4"}, {Server: "a\nb"}, {Server: "a\\b"}, {Server: "\u2028"},
	} {
		want, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Encode(); string(got) != string(want) {
			t.Errorf("%+v is written as %s, want %s", m, got, want)
		}
	}
}
