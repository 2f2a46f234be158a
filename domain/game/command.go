package game

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/scan"
)

// Command is a wish of a person, or of the server itself (Player empty).
type Command struct {
	ID     string // made by the client, unique per (game, player); the idempotency key for ever
	Player string
	Guest  bool   // the player has no account
	Basis  uint64 // the version that the wish was made from
	Wish   Wish
}

// Wish is the imperative part of a command.
type Wish interface {
	// Name is the command's name in the protocol, such as "draw-offer".
	Name() string
}

// Create makes a game. Seats are taken and reserved as its fields say. Parent is the game that a rematch follows, and Rating
// what its creator was rated there, for a server that knows nothing newer.
type Create struct {
	Rules    Rules           `json:"-"`
	Kind     string          `json:"kind"`
	Setup    json.RawMessage `json:"setup,omitempty"`
	Seat     string          `json:"seat,omitempty"` // a seat, RandomSeat, or empty = the creator takes none
	Reserved map[Seat]string `json:"seats,omitempty"`
	Access   string          `json:"access,omitempty"`
	Pair     json.RawMessage `json:"pair,omitempty"`
	Clock    clock.Spec      `json:"clock"`
	Rated    bool            `json:"rated,omitempty"`
	Watch    string          `json:"watch,omitempty"`
	Delay    int64           `json:"delay,omitempty"` // ms
	Parent   string          `json:"parent,omitempty"`
	Rating   int             `json:"-"`
}

// Values of Create's fields.
const (
	RandomSeat   = "random"
	AccessInvite = "invite"
	AccessOpen   = "open"
	WatchPublic  = "public"
	WatchLink    = "link"
	WatchOff     = "off"
	MaxDelay     = 3_600_000
)

// Sit takes a seat. Invited tells that the edge has checked an invitation for it; Rating is that of Create.
type Sit struct {
	Seat    string `json:"seat"` // a seat or AnySeat
	Invited bool   `json:"-"`
	Rating  int    `json:"-"`
}

// AnySeat is the first free one.
const AnySeat = "any"

// The wishes of people who have a seat.
type (
	Move struct {
		M json.RawMessage `json:"m"`
	}
	Resign          struct{}
	Abort           struct{}
	DrawOffer       struct{}
	DrawAccept      struct{}
	DrawDecline     struct{}
	DrawClaim       struct{}
	TakebackOffer   struct{}
	TakebackAccept  struct{}
	TakebackDecline struct{}
	AddTime         struct{}
	ClaimVictory    struct{}
	ClaimDraw       struct{}
	// Rematch creates the next game, or sits down in it. It is about two games, so commands handles it, not Decide.
	Rematch struct{}
)

// The wishes of the server itself.
type (
	// Check ends what has run out: a flag, a first move that is overdue, the wait of somebody who has gone. No events =
	// nothing has.
	Check struct{}
	// Adjust charges a running seat what it used on a server that died, and restarts its measurement.
	Adjust struct {
		Seat    Seat
		Charged int64 // ms
		Reason  string
	}
)

// Names, as in the protocol.
func (Create) Name() string          { return "create" }
func (Sit) Name() string             { return "sit" }
func (Move) Name() string            { return "move" }
func (Resign) Name() string          { return "resign" }
func (Abort) Name() string           { return "abort" }
func (DrawOffer) Name() string       { return "draw-offer" }
func (DrawAccept) Name() string      { return "draw-accept" }
func (DrawDecline) Name() string     { return "draw-decline" }
func (DrawClaim) Name() string       { return "draw-claim" }
func (TakebackOffer) Name() string   { return "takeback-offer" }
func (TakebackAccept) Name() string  { return "takeback-accept" }
func (TakebackDecline) Name() string { return "takeback-decline" }
func (AddTime) Name() string         { return "add-time" }
func (ClaimVictory) Name() string    { return "claim-victory" }
func (ClaimDraw) Name() string       { return "claim-draw" }
func (Rematch) Name() string         { return "rematch" }
func (Check) Name() string           { return "check" }
func (Adjust) Name() string          { return "adjust" }

// Fingerprint identifies a command's content: name and payload, but not its id, author and basis. Two commands
// with one id are the same command if and only if their fingerprints are equal. 32 hex digits.
func (c Command) Fingerprint() string {
	b := append(make([]byte, 0, 128), c.Wish.Name()...)
	b = append(b, 0)
	sum := sha256.Sum256(append(b, c.payload()...))
	return hex.EncodeToString(sum[:16])
}

// payload is the wish as compact JSON. A move that is a plain text, as nearly all are, is written by hand.
func (c Command) payload() []byte {
	if m, ok := c.Wish.(Move); ok {
		if n := len(m.M); n >= 2 && m.M[0] == '"' && m.M[n-1] == '"' && scan.Plain(m.M[1:n-1]) {
			b := append(make([]byte, 0, 64), `{"m":`...)
			return append(append(b, m.M...), '}')
		}
	}
	payload, err := json.Marshal(c.Wish)
	if err != nil { // a RawMessage that is no JSON; the edge lets none pass
		payload = []byte(err.Error())
	}
	var compact bytes.Buffer
	if json.Compact(&compact, payload) == nil {
		payload = compact.Bytes()
	}
	return payload
}

// Env is what was measured and drawn outside for one decision.
type Env struct {
	At    int64      // Unix ms; recorded, never computed with
	Seats []Measured // in the order of Rules.Seats
	Seed  Seed
	// Rating is what the person who acts is rated, as the server that decides shows it; 0 = not known. Recorded with who
	// sits down, never computed with.
	Rating int
}

// Measured is what the server knows of one seat at the moment a command was received. All in ms.
type Measured struct {
	Elapsed int64 // since the seat was put on turn, or its measurement was restarted
	Lag     int64 // round trip, by the server's own pings
	Absent  int64 // how long the seat has had no socket; Present if it has one
}

// Present as Measured.Absent: the seat has a socket.
const Present = -1
