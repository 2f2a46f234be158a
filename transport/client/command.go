package client

import (
	"crypto/rand"
	"encoding/json"
)

// Command is a wish as it goes over the wire. ID and V are filled in when it is sent if they are empty: a fresh random
// id, and the version that the session has applied.
type Command struct {
	T  string          `json:"t"`
	ID string          `json:"id"`
	V  uint64          `json:"v"`           // the basis
	M  json.RawMessage `json:"m,omitempty"` // of a move
}

// Move is a move in the notation of a game whose moves are text; chess: UCI.
func Move(m string) Command {
	quoted, err := json.Marshal(m)
	if err != nil {
		panic("client: a string always marshals: " + err.Error())
	}
	return Command{T: "move", M: quoted}
}

// Plain is a command without further fields, such as "resign" or "draw-offer".
func Plain(t string) Command { return Command{T: t} }

// NewID makes a command id that nobody else makes.
func NewID() string { return rand.Text() }

// Receipt is the answer to an accepted command: done and durable.
type Receipt struct {
	ID        string `json:"id"`
	V         uint64 `json:"v"` // the last version that the command caused
	Duplicate bool   `json:"duplicate"`
	Game      string `json:"game"` // rematch: the next game
}
