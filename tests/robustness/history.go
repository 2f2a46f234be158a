package robustness

import (
	"sync"
	"time"
)

// Outcome is what a client learned of one attempt.
type Outcome int

// The outcomes.
const (
	Unknown  Outcome = iota // no answer: it may have been done, or may yet be
	Accepted                // ok
	Rejected                // an error that says: not done
)

// Attempt is one command, or one more try of the same command, as a client saw it.
type Attempt struct {
	Game, Player, ID string
	T, M             string // content: command type and move

	Call, Return int64 // ns since the history began; Return is meaningless if Unknown
	Outcome      Outcome
	V            uint64 // of the answer: Accepted: last version caused; Rejected: the game's version then, 0 = not told
	Duplicate    bool
	Code         string // Rejected
}

// Read is one look at a game's state.
type Read struct {
	Game         string
	Call, Return int64
	V            uint64
}

// Seen is what one spectator was shown of a game: versions in order, from the start.
type Seen struct {
	Game     string
	Versions []uint64
}

// History is what all clients saw. The methods of a Recorder fill it.
type History struct {
	Attempts []Attempt
	Reads    []Read
	Seen     []Seen
}

// Recorder collects a History. Safe for concurrent use.
type Recorder struct {
	began time.Time
	mu    sync.Mutex
	h     History
	acked int
}

// NewRecorder begins a history.
func NewRecorder() *Recorder { return &Recorder{began: time.Now()} }

// Now is the history's time. All clients and the checker share one process, so one monotonic clock orders everything.
func (r *Recorder) Now() int64 { return int64(time.Since(r.began)) }

// Attempt adds one.
func (r *Recorder) Attempt(a Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.h.Attempts = append(r.h.Attempts, a)
	if a.Outcome == Accepted {
		r.acked++
	}
}

// Read adds one.
func (r *Recorder) Read(read Read) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.h.Reads = append(r.h.Reads, read)
}

// Seen adds one.
func (r *Recorder) Seen(s Seen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.h.Seen = append(r.h.Seen, s)
}

// Acked is how many attempts were accepted so far.
func (r *Recorder) Acked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.acked
}

// History is everything so far; only when nothing is added any more.
func (r *Recorder) History() History {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.h
}
