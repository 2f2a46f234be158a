package redis

import (
	"encoding/json"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/socket"
)

// message is what servers say to each other over one channel of Redis, as JSON. Whoever can read it knows which games
// have sockets; nothing in it is secret from another server of the site.
type message struct {
	From string `json:"from,omitempty"`
	// Seq counts the messages of a server from 1, so that what is lost or late is noticed. 0 = not one of those.
	Seq uint64 `json:"seq,omitempty"`
	// Games are those whose attendance has changed; each entry says all there is to say of a game. With Part they are
	// everything, in parts 1, 2, ... up to the Last.
	Games map[string]attendance `json:"games,omitempty"`
	Part  int                   `json:"part,omitempty"`
	Last  bool                  `json:"last,omitempty"`
	// Ask: tell everything again.
	Ask bool `json:"ask,omitempty"`
	// Bye: this server is about to end, and has no sockets any more.
	Bye       bool             `json:"bye,omitempty"`
	Rematches []rematch        `json:"rematches,omitempty"`
	Revoked   map[string]int64 `json:"revoked,omitempty"` // player -> Unix ms
}

// attendance is a socket.Attendance; short names, for there may be thousands.
type attendance struct {
	Seats    []game.Seat `json:"s,omitempty"`
	Watchers int         `json:"w,omitempty"`
}

type rematch struct {
	Game string    `json:"game"`
	By   game.Seat `json:"by"`
	Next string    `json:"next"`
}

// partSize is how many games one message holds: some 40 KB.
const partSize = 1000

// channel is where servers talk.
func (c *Client) channel() string { return c.Key("signals") }

func (m *message) encode() string {
	text, err := json.Marshal(m)
	if err != nil {
		panic("redis: encode a signal: " + err.Error()) // there is nothing in it that could fail
	}
	return string(text)
}

// heardGames translates what a message says of games. Attendances come in ascending order of seats.
func (m *message) heardGames() map[string]socket.Attendance {
	games := make(map[string]socket.Attendance, len(m.Games))
	for id, a := range m.Games {
		games[id] = socket.Attendance{Seats: a.Seats, Watchers: a.Watchers}
	}
	return games
}
