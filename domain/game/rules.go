package game

import "encoding/json"

// Seat is a role in a game ("white"), not a person. It matches [A-Za-z0-9_-]{1,64}.
type Seat string

// Seed is fresh randomness for one decision. It is never stored: what was drawn with it is.
type Seed [32]byte

// Drawn is what a plug-in drew at random, as JSON of its own. It is recorded in the event; nil = nothing.
type Drawn = json.RawMessage

// Rules is one kind of game: the interface that a game author implements, together with Board. Implementations are
// plain values, safe for concurrent use. They never see time, ids, sockets or storage; the clocks, retries,
// replay, failover and spectating of a game come from outside, for nothing.
type Rules interface {
	// Kind is the name in stored events and in URLs, such as "chess". It never changes.
	Kind() string
	// Schema names the encoding of Board.Save and the meaning of stored moves. A snapshot of another schema is
	// dropped and the game replayed.
	Schema() string
	// Seats are the roles, in the order in which they are listed everywhere. The result is not changed by callers.
	Seats() []Seat

	// Prepare judges a setup that a creator asked for (nil = standard) and draws what has to be drawn. A refusal is
	// a *domain.Error that names the field: BadMessage if the form is wrong, InvalidField if a value is.
	Prepare(setup json.RawMessage, seed Seed) (Drawn, error)
	// Start gives the first board. Total for what Prepare accepted.
	Start(setup json.RawMessage, drawn Drawn) Board
	// Wellformed tells whether a move has the JSON type that this game's moves have. One that has not is bad_message,
	// all others are judged by Board.Judge.
	Wellformed(move json.RawMessage) bool
	// Load reads what Board.Save wrote. It must not panic on any input.
	Load(saved []byte) (Board, error)

	// RedactStart and RedactMove give what an audience may see of the setup's and of a move's draw, and of the move
	// itself. A move that is Hidden is shown as a skip.
	RedactStart(drawn Drawn, to Audience) (Drawn, Visibility)
	RedactMove(by Seat, move json.RawMessage, drawn Drawn, to Audience) (json.RawMessage, Drawn, Visibility)
}

// Board is the state of one game that only its rules understand. A Board is never changed once it was returned;
// Play gives a new one. Its methods may be called from several goroutines at once.
type Board interface {
	// Turn lists the seats that may move now; several move at the same time, none after the end.
	Turn() []Seat
	// Judge decides whether a move is legal and draws what it makes necessary. by is on turn. A refusal is a
	// *domain.Error of kind IllegalMove. Nothing changes.
	Judge(by Seat, move json.RawMessage, seed Seed) (Drawn, error)
	// Play makes a move that Judge accepted. Total.
	Play(by Seat, move json.RawMessage, drawn Drawn) Board
	// Unsettled lists the seats whose next move depends on the move by that led from before to this board: they must
	// have seen it before they decide (a basis older than it is a version conflict). Seats that move at the same time
	// without regard to each other are not in it. Games with alternating turns return Turn().
	Unsettled(before Board, by Seat) []Seat
	// Result tells how the game stands if it is over by the rules.
	Result() (Result, bool)
	// Timeout is the result when the flag of a seat falls: usually a loss, in chess a draw if the other side can't mate.
	Timeout(flagged Seat) Result

	// View is what an audience may see, as a JSON object: the "view" of a state message.
	View(to Audience) json.RawMessage
	// Legal lists a seat's legal moves in a form that the game's client understands, as JSON: an additive field for
	// clients that hold no rules. nil = none or not offered.
	Legal(seat Seat) json.RawMessage
	// Save encodes the board for a snapshot.
	Save() []byte
}

// Extras is an optional ability of a Board: what is derived of the last move for thin clients (chess: san, fen,
// check), as a JSON object. before is the board that the move was made on.
type Extras interface {
	Extras(before Board, move json.RawMessage, to Audience) json.RawMessage
}

// Claims is an optional ability of a Board: draws that the seat on turn may claim (chess: threefold, fifty).
type Claims interface {
	Claim() (reason string, ok bool)
}

// Undo is an optional ability of a Board: taking moves back.
type Undo interface {
	// Undo gives the board of that many plies ago. Total for 1..number of plies.
	Undo(plies int) Board
	// Mover tells who made the back-th last ply; back = 1 is the last one. False: there are not so many.
	Mover(back int) (Seat, bool)
}

// Alternates is an optional ability of a Board: of games in which one seat moves at a time.
type Alternates interface {
	// Next is the seat to move by the position alone. Unlike Turn it does not look whether the game is over, which nobody
	// needs to know while stored moves are replayed.
	Next() Seat
}

// SecondOpinion is an optional ability of a Board: judging what is stored again by a second implementation of the rules. It
// finds what the first one may have got wrong, and may be quicker, for it need not serve play. Play never asks it.
type SecondOpinion interface {
	// JudgeAgain is Judge for a move that was accepted once. An error says what is wrong, or that the two disagree.
	JudgeAgain(by Seat, move json.RawMessage) error
	// ResultAgain is Result.
	ResultAgain() (Result, bool)
}

// Visibility is how much of an event an audience may see.
type Visibility int

// The visibilities.
const (
	Full   Visibility = iota // all of it
	Partly                   // some fields are absent
	Hidden                   // nothing but that it happened
)

// Audience is who looks: one seat, the watchers, or everybody after the end. The zero Audience is Watchers.
type Audience struct {
	seat Seat
	all  bool
}

// The audiences without a seat.
var (
	Watchers = Audience{}
	Everyone = Audience{all: true} // after the end: nothing is hidden any more
)

// AudienceOf is the audience of one seat.
func AudienceOf(seat Seat) Audience { return Audience{seat: seat} }

// Seat is the audience's seat; empty for Watchers and Everyone.
func (a Audience) Seat() Seat { return a.seat }

// SeesAll tells whether nothing is hidden from the audience.
func (a Audience) SeesAll() bool { return a.all }

// Result is how a game ended. Scores are in halves (2 = win, 1 = draw); nil where nobody won or drew anything
// (aborted games).
type Result struct {
	Reason string
	Winner Seat // empty = nobody
	Scores map[Seat]int
}

// Reasons of the aggregate itself; a plug-in has its own (mate, stalemate, ...).
const (
	Resigned  = "resign"
	TimedOut  = "timeout"
	Agreement = "agreement"
	Abandoned = "abandoned"
	Aborted   = "aborted"
	Withdrawn = "withdrawn"
	NoStart   = "no-start"
	Paired    = "paired"
)
