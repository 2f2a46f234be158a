package eventstoredb

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What the client says at moments that we must not miss. A client that said something else would only waste connections,
// as it does without us; a test would notice.
const (
	saysFailed  = "unexpected exception"      // on a call's goroutine, before it asks for another connection
	saysLeading = "Connecting to leader node" // on the client's own goroutine, before it does
)

// doorWithin is how long a failed call waits for others to come through the door.
const doorWithin = time.Second

// clientLog is what a link's client speaks to. It goes to our log; it says nothing of payloads. Most of it is about calls
// whose errors we report ourselves, hence debug for all but warnings and errors, and those are warnings: the adapter
// goes on.
func (l *link) clientLog(level esdb.LogLevel, format string, args ...any) {
	if len(args) == 1 {
		if packed, ok := args[0].([]any); ok { // the client forgets to unpack them in places
			args = packed
		}
	}
	log := l.gate.config.Logger.Debug
	if (level == esdb.LogWarn || level == esdb.LogError) && !cancelled(args) {
		log = l.gate.config.Logger.Warn
	}
	log("event store client", "says", fmt.Sprintf(format, args...))
	switch {
	case strings.HasPrefix(format, saysFailed):
		l.failing(args)
	case strings.HasPrefix(format, saysLeading):
		l.leading()
	}
}

// cancelled tells whether the client speaks of a call that we have ended.
func cancelled(args []any) bool {
	if len(args) != 1 {
		return false
	}
	err, ok := args[0].(error)
	return ok && status.Code(err) == codes.Canceled
}

// failing keeps the client from losing its connection. After an Unavailable it forgets that it has one, and makes another
// for the next call; the old one stays open for ever. So there is no next call: the link is given up, and those in the
// door come through first. Then closing the client closes the connection.
func (l *link) failing(args []any) {
	if len(args) != 1 {
		return
	}
	err, ok := args[0].(error)
	if !ok || status.Code(err) != codes.Unavailable {
		return
	}
	l.gate.retire(l, err)
	late := time.NewTimer(doorWithin)
	defer late.Stop()
	select {
	case <-l.emptied():
	case <-late.C:
	}
}

// leading ends the client's goroutine, which has just closed its connection and is about to connect to a leader that a
// server has named. v4.2.0 does so, but keeps the new connection nowhere: it stays open for ever, and the next call
// finds none and panics. The call that was told of the leader gets its error all the same, and we connect anew.
func (l *link) leading() { runtime.Goexit() }
