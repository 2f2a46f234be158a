package client

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
)

// Clock is a time control, and, in messages, how it stands. Everything is ms but Days.
type Clock struct {
	Type      string `json:"type,omitempty"`
	Initial   int64  `json:"initial,omitempty"`
	Increment int64  `json:"increment,omitempty"`
	Delay     int64  `json:"delay,omitempty"`
	Days      int64  `json:"days,omitempty"`

	Left map[string]int64 `json:"left,omitempty"`
	Run  []string         `json:"run,omitempty"`
}

// MarshalJSON writes the time control as a new game asks for it: every field of its type, also one that is 0, and no other.
func (c Clock) MarshalJSON() ([]byte, error) {
	fields := map[string]any{"type": c.Type}
	switch c.Type {
	case "fischer":
		fields["initial"], fields["increment"] = c.Initial, c.Increment
	case "delay":
		fields["initial"], fields["delay"] = c.Initial, c.Delay
	case "days":
		fields["days"] = c.Days
	}
	return json.Marshal(fields)
}

// NewGame is what a game is made of; see protocol.md 3.1 for values and defaults.
type NewGame struct {
	ID     string            `json:"id"` // filled in if empty
	Kind   string            `json:"kind"`
	Seat   string            `json:"seat,omitempty"`
	Seats  map[string]string `json:"seats,omitempty"`
	Access string            `json:"access,omitempty"`
	Pair   json.RawMessage   `json:"pair,omitempty"`
	Clock  *Clock            `json:"clock,omitempty"`
	Rated  bool              `json:"rated,omitempty"`
	Watch  string            `json:"watch,omitempty"`
	Delay  int64             `json:"delay,omitempty"`
	Setup  json.RawMessage   `json:"setup,omitempty"`
}

// Made is a game that was created.
type Made struct {
	Game      string            `json:"game"`
	V         uint64            `json:"v"`
	Seat      string            `json:"seat"`
	Invites   map[string]string `json:"invites"`
	Duplicate bool              `json:"duplicate"`
}

// Taken is a seat that was taken.
type Taken struct {
	Game      string `json:"game"`
	V         uint64 `json:"v"`
	Seat      string `json:"seat"`
	Duplicate bool   `json:"duplicate"`
}

// Create makes a game. The request is repeated with the same id until there is an answer or ctx ends.
func (c *Client) Create(ctx context.Context, g NewGame) (Made, error) {
	if g.ID == "" {
		g.ID = NewID()
	}
	var made Made
	err := c.post(ctx, "/api/games", g, &made)
	return made, err
}

// Sit takes a seat ("any" = a free one). invite is needed unless the game is open or the seat is reserved for this
// person. The request is repeated with the same id until there is an answer or ctx ends.
func (c *Client) Sit(ctx context.Context, game, seat, invite string) (Taken, error) {
	body := map[string]string{"id": NewID()}
	if invite != "" {
		body["invite"] = invite
	}
	var taken Taken
	err := c.post(ctx, "/api/games/"+game+"/seats/"+seat, body, &taken)
	return taken, err
}

// Command acts without a socket. ID and V must be set: there is no session to take them from. It is repeated until
// there is an answer or ctx ends, and may be one that was sent on a socket before.
func (c *Client) Command(ctx context.Context, game string, command Command) (Receipt, error) {
	var r Receipt
	err := c.post(ctx, "/api/games/"+game+"/commands", command, &r)
	return r, err
}

// Look reads the state of a game as this person may see it; version 0 = now. Like all reads it is repeated until there
// is an answer or ctx ends.
func (c *Client) Look(ctx context.Context, game string, version uint64) (State, error) {
	path := "/api/games/" + game
	if version > 0 {
		path += "?v=" + strconv.FormatUint(version, 10)
	}
	var raw json.RawMessage
	if err := c.exchange(ctx, http.MethodGet, path, nil, &raw); err != nil {
		return State{}, err
	}
	var s State
	m, err := parse(raw)
	if err != nil {
		return s, err
	}
	err = s.Apply(m)
	return s, err
}

// Events reads the numbered messages after from, in order. The error of yield ends it and is returned; so does a
// connection that breaks in the middle.
func (c *Client) Events(ctx context.Context, game string, from uint64, yield func(Message) error) error {
	path := "/api/games/" + game + "/events?from=" + strconv.FormatUint(from, 10)
	var answer *http.Response
	err := c.persist(ctx, func() (err error) {
		answer, err = c.request(ctx, http.MethodGet, path, nil)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, maxMessage)
	for lines.Scan() {
		m, err := parse(lines.Bytes())
		if err != nil {
			return err
		}
		if err := yield(m); err != nil {
			return err
		}
	}
	return lines.Err()
}

// PGN reads a game's score.
func (c *Client) PGN(ctx context.Context, game string) (string, error) {
	text, err := c.text(ctx, http.MethodGet, "/api/games/"+game+".pgn", nil)
	return string(text), err
}
