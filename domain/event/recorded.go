package event

import "strings"

// Stream names an event stream: "game-<id>", "player-<id>", "seeker-<id>".
type Stream string

const (
	gamePrefix   = "game-"
	playerPrefix = "player-"
	seekerPrefix = "seeker-"
)

// GameStream is the stream of one game.
func GameStream(game string) Stream { return Stream(gamePrefix + game) }

// PlayerStream is the stream of one person: the only place where names are kept, so that it can be deleted.
func PlayerStream(player string) Stream { return Stream(playerPrefix + player) }

// SeekerStream is the stream in which all servers agree by which game one person looks for opponents. It is apart from
// the person's own, because what it holds is about games and stays when the person is erased.
func SeekerStream(player string) Stream { return Stream(seekerPrefix + player) }

// Game returns the game's id if the stream is a game's.
func (s Stream) Game() (string, bool) { return strings.CutPrefix(string(s), gamePrefix) }

// Player returns the player's id if the stream is a player's.
func (s Stream) Player() (string, bool) { return strings.CutPrefix(string(s), playerPrefix) }

// Seeker returns the player's id if the stream holds a person's choices.
func (s Stream) Seeker() (string, bool) { return strings.CutPrefix(string(s), seekerPrefix) }

// Position is the place of an event in the global order of one store. It is opaque and private to that store,
// but positions of one store compare as strings. The empty Position is before everything.
type Position string

// Recorded is one event as it is stored. Meta and Data are JSON, exactly as stored; they must not be changed.
type Recorded struct {
	Stream   Stream
	Version  uint64   // number in the stream; the first event has 1
	Position Position // set by the store when reading; empty on an event that was not read from a store
	ID       ID
	Type     string // name with version, such as "move-played.v1"
	Meta     []byte
	Data     []byte
	Stamp    uint64 // what a store that serves others notes beside an event; opaque, no part of the chain, usually 0
}
