package eventstoredb

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// link is one client with its one connection, from the first answer of the server until it is given up.
type link struct {
	client *esdb.Client
	gate   *gate
	slots  chan struct{} // one for each call in flight

	retired chan struct{} // closed when the link is given up: subscriptions leave it
	drained chan struct{} // closed when it is given up and its last call has ended
	heard   atomic.Int64  // when the server last answered anything, ns of the process
	proved  atomic.Bool   // a call has succeeded

	mu    sync.Mutex
	calls int           // begun and not ended
	door  int           // of these: not yet through the client's door, see passage
	still chan struct{} // closed when nobody is in the door; nil: nobody waits for that
	gone  bool
}

func newLink(g *gate) *link {
	return &link{
		gate: g, slots: make(chan struct{}, g.config.MaxInFlight), retired: make(chan struct{}), drained: make(chan struct{}),
	}
}

// begin counts a call that has a slot. False: the link was given up meanwhile, and the slot is free again.
func (l *link) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		<-l.slots
		return false
	}
	l.calls++
	l.door++
	l.gate.inFlight(1)
	return true
}

// through counts a call out of the door, once for every begin.
func (l *link) through() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaveDoor(1)
}

// leaveDoor tells those who wait that the door is empty, if it is. Called with mu held.
func (l *link) leaveDoor(calls int) {
	l.door -= calls
	if l.door == 0 && l.still != nil {
		close(l.still)
		l.still = nil
	}
}

// end is called once for every begin, when the client has really let go of the call.
func (l *link) end() {
	<-l.slots
	l.gate.inFlight(-1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls--
	if l.gone && l.calls == 0 {
		close(l.drained)
	}
}

// giveUp marks the link. False: it was before.
func (l *link) giveUp() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return false
	}
	l.gone = true
	close(l.retired)
	if l.calls == 0 {
		close(l.drained)
	}
	return true
}

// emptied is closed when nobody is in the door.
func (l *link) emptied() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.still == nil {
		l.still = make(chan struct{})
	}
	empty := l.still
	l.leaveDoor(0)
	return empty
}

// silence is how long the server has to be silent, and a call to have waited, before the connection is given up: the
// client may sit on a node that will never answer while others do.
const (
	silence  = 5 * time.Second
	waitedIn = time.Second
)

// learn takes note of how a call ended.
func (l *link) learn(err error) {
	if err == nil {
		l.proved.Store(true)
		l.heard.Store(now())
		return
	}
	v := judge(err)
	if v.lost {
		l.gate.retire(l, err)
	} else if v.kind != doubtful && v.kind != away { // an answer of the server, whatever it says
		l.heard.Store(now())
	}
}

// unanswered takes note of a call that waited in vain.
func (l *link) unanswered(waited time.Duration, err error) {
	if waited > waitedIn && now()-l.heard.Load() > int64(silence) {
		l.gate.retire(l, fmt.Errorf("the server is silent: %w", err))
	}
}

var started = time.Now()

// now is monotonic time in ns.
func now() int64 { return int64(time.Since(started)) }
