package esdbserver

import (
	"context"
	"time"
)

// Call is a call that a fault may befall.
type Call struct {
	Method string // "append", "delete", "tombstone", "read" or "subscribe"
	Stream string // "" = $all
	Events int    // of an append
}

// FaultKind says what goes wrong.
type FaultKind int

// The kinds of faults. Reads know only the last two.
const (
	NoFault FaultKind = iota
	// TimedOut: nothing is written, and after the commit timeout the answer is Aborted.
	TimedOut
	// TimedOutWritten: it is written, but the answer is Aborted, after the commit timeout.
	TimedOutWritten
	// NotReplicated: if the call repeats what is stored already, it is answered as if the original still waited for
	// its followers: by Aborted after the commit timeout. Other calls succeed.
	NotReplicated
	// NotReady: the answer is Unavailable, as while a server starts or elects a leader. Nothing is written.
	NotReady
	// NotLeader: the answer names Fault.Host and Fault.Port as the leader. Nothing is written.
	NotLeader
)

// Fault is what goes wrong with one call. The zero Fault is none.
type Fault struct {
	Kind FaultKind
	Host string
	Port int
}

// fault asks what goes wrong with a call, and refuses it if it is to be refused.
func (s *service) fault(ctx context.Context, c Call) (Fault, error) {
	if s.config.Fault == nil {
		return Fault{}, nil
	}
	f := s.config.Fault(ctx, c)
	switch f.Kind {
	case NotReady:
		return f, notReady()
	case NotLeader:
		return f, notLeader(f.Host, f.Port)
	}
	return f, nil
}

// patience is how long a write may take. The real server looks once a second, so that its timeout of 2 s comes after
// 2 to 3 s.
func (s *service) patience() time.Duration { return s.config.CommitTimeout * 5 / 4 }

// runOut waits as long as a write may take and says that its time is over.
func (s *service) runOut(ctx context.Context) error {
	over := time.NewTimer(s.patience())
	defer over.Stop()
	select {
	case <-over.C:
		return timedOut()
	case <-ctx.Done():
		return ctx.Err()
	case <-s.stopping.Done():
		return notReady()
	}
}
