package event

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/plygames/ply/domain/scan"
)

// Meta tells where an event came from. It is stored beside the event and is part of the hash chain.
type Meta struct {
	// Command and Player are the id and the author of the command that caused the event; both are empty if the
	// server acted by itself. Content is the fingerprint of the command (see game.Fingerprint).
	Command string `json:"command,omitempty"`
	Player  string `json:"player,omitempty"`
	Content string `json:"content,omitempty"`

	At     int64  `json:"at"`     // Unix ms by the wall clock of the server; recorded, never computed with
	Server string `json:"server"` // incarnation of the server that decided
	Up     int64  `json:"up"`     // ms on that incarnation's live clock
}

// DecodeMeta reads stored metadata.
func DecodeMeta(stored []byte) (Meta, error) {
	if t, ok := ScanMeta(stored); ok {
		return Meta{string(t.Command), string(t.Player), string(t.Content), t.At, string(t.Server), t.Up}, nil
	}
	var m Meta
	if err := json.Unmarshal(stored, &m); err != nil {
		return Meta{}, fmt.Errorf("event metadata: %w", err)
	}
	return m, nil
}

// MetaText is metadata as it stands in what is stored, of which its texts are parts.
type MetaText struct {
	Command, Player, Content []byte

	At     int64
	Server []byte
	Up     int64
}

// ScanMeta reads what Encode writes, without garbage; false if it is written otherwise, which only DecodeMeta reads.
func ScanMeta(stored []byte) (m MetaText, ok bool) {
	s := scan.New(stored)
	s.Expect("{")
	if s.Try(`"command":"`) {
		m.Command = s.Bytes()
		s.Expect(`",`)
	}
	if s.Try(`"player":"`) {
		m.Player = s.Bytes()
		s.Expect(`",`)
	}
	if s.Try(`"content":"`) {
		m.Content = s.Bytes()
		s.Expect(`",`)
	}
	s.Expect(`"at":`)
	m.At = s.Int()
	s.Expect(`,"server":"`)
	m.Server = s.Bytes()
	s.Expect(`","up":`)
	m.Up = s.Int()
	s.Expect("}")
	return m, s.OK()
}

// Encode gives the bytes to store: what the standard encoder makes of it, written by hand as long as no text needs an
// escape, which is practically always.
func (m Meta) Encode() []byte {
	if scan.Plain(m.Command) && scan.Plain(m.Player) && scan.Plain(m.Content) && scan.Plain(m.Server) {
		return m.append(make([]byte, 0, 104+len(m.Command)+len(m.Player)+len(m.Content)+len(m.Server)))
	}
	return m.marshal()
}

func (m Meta) append(b []byte) []byte {
	b = append(b, '{')
	b = appendText(b, `"command":"`, m.Command)
	b = appendText(b, `"player":"`, m.Player)
	b = appendText(b, `"content":"`, m.Content)
	b = append(b, `"at":`...)
	b = strconv.AppendInt(b, m.At, 10)
	b = append(b, `,"server":"`...)
	b = append(b, m.Server...)
	b = append(b, `","up":`...)
	b = strconv.AppendInt(b, m.Up, 10)
	return append(b, '}')
}

// appendText adds a field unless it is empty.
func appendText(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, name...)
	b = append(b, value...)
	return append(b, `",`...)
}

func (m Meta) marshal() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic("event: strings and integers always marshal: " + err.Error())
	}
	return b
}
