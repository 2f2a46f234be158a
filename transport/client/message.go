package client

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxMessage bounds what a server may send at once: a state of a very long game has tens of KB.
const maxMessage = 4 << 20

// Message is one object from the server. Raw is valid only during the call of the handler that gets it.
type Message struct {
	Type string
	V    uint64
	Game string // only on sockets that show several games
	Raw  []byte
}

// Decode reads the whole message.
func (m Message) Decode(into any) error { return json.Unmarshal(m.Raw, into) }

// Numbered tells whether V is the message's own version: all types with a v are, but for a short list.
func (m Message) Numbered() bool {
	switch m.Type {
	case "state", "live", "stale", "ok", "error", "crowd", "gone", "rematch", "pong":
		return false
	}
	return m.V > 0
}

// parse reads type and version of a line. Servers write these two first, so that the usual line needs no look at the
// rest; any other order of the fields is read properly.
func parse(raw []byte) (Message, error) {
	if m, ok := peek(raw); ok {
		return m, nil
	}
	return parseWhole(raw)
}

// parseWhole reads a line by the book; it also finds Game.
func parseWhole(raw []byte) (Message, error) {
	var head struct {
		T    string `json:"t"`
		V    uint64 `json:"v"`
		Game string `json:"game"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return Message{}, fmt.Errorf("a message that is not JSON: %w", err)
	}
	return Message{Type: head.T, V: head.V, Game: head.Game, Raw: raw}, nil
}

var (
	headType    = []byte(`{"t":"`)
	headVersion = []byte(`","v":`)
)

// peek reads a line that begins {"t":"move","v":7, and carries no escape in its type. It leaves Game alone, so
// sockets that show several games must use parseWhole.
func peek(raw []byte) (Message, bool) {
	rest, ok := bytes.CutPrefix(raw, headType)
	if !ok {
		return Message{}, false
	}
	end := bytes.IndexByte(rest, '"')
	if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
		return Message{}, false
	}
	typ := rest[:end]
	rest, ok = bytes.CutPrefix(rest[end:], headVersion)
	if !ok {
		return Message{}, false
	}
	var v uint64
	digits := 0
	for digits < len(rest) && digits < 17 && rest[digits] >= '0' && rest[digits] <= '9' {
		v = v*10 + uint64(rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits == len(rest) || (rest[digits] != ',' && rest[digits] != '}') {
		return Message{}, false
	}
	return Message{Type: intern(typ), V: v, Raw: raw}, true
}

// intern spares the frequent types an allocation.
func intern(typ []byte) string {
	switch string(typ) {
	case "move":
		return "move"
	case "ok":
		return "ok"
	case "live":
		return "live"
	case "state":
		return "state"
	}
	return string(typ)
}
