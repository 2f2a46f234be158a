package game

import "github.com/plygames/ply/domain/event"

// Step is one event in its place: the fact, and the game before and after it. It is what travels from whoever
// folds a game to whoever shows it, so that nobody folds twice. It is never changed.
type Step struct {
	Recorded      event.Recorded
	Meta          event.Meta
	Event         Event
	Before, After *State
}

// Version is the step's number.
func (s Step) Version() uint64 { return s.Recorded.Version }

// Sink takes the steps of one game, in order, each once. Its methods are called by one goroutine at a time, must
// not block, and must not call back into the Feed.
type Sink interface {
	Steps(steps []Step)
	// Stale tells that the feed stands still (true) or lives again (false).
	Stale(stale bool)
	// Lost tells that the feed can't go on (events that this server can't read); nothing more will come.
	Lost(err error)
}

// Receipt is the answer to an accepted command.
type Receipt struct {
	Version   uint64 // the last version that the command caused
	Duplicate bool   // it had been done before
	Game      string // rematch: the next game
	Seat      Seat   // create, sit: the seat that was taken
}

// Arrival is when and how a command reached this server.
type Arrival struct {
	Live int64 // ms on this server's live clock, read when the frame was complete
	Lag  int64 // ms round trip of the sender, by our own pings; 0 = not known
}
