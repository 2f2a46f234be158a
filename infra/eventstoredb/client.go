package eventstoredb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/plygames/ply/commands"
)

// Waits between two attempts to connect: the first, doubled up to the longest. A connection that has served a call ends
// the back-off.
const (
	firstWait = 50 * time.Millisecond
	mostWait  = time.Second
)

// drainMost is how long a link that was given up waits for its calls before it is closed under them. No append lives that
// long; a page is read again. closeMost is how long Close waits for goroutines after that.
const (
	drainMost = 5 * time.Second
	closeMost = 5 * time.Second
)

// attemptMost is the longest that one attempt to connect may take: the client asks each node it was told of in turn.
const attemptMost = 30 * time.Second

var errClosed = fmt.Errorf("%w: it was closed", commands.ErrUnavailable)

// errVersion is for good: the client can't read the server's version.
var errVersion = errors.New("the client can't use this server")

// gate keeps one connection. Who wants to call enters it.
type gate struct {
	config Config
	conf   *esdb.Configuration

	ctx     context.Context // ends with the gate
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	link    *link         // nil: there is no connection
	changed chan struct{} // closed and replaced whenever link or reason changes
	reason  error         // why there is none, or why the last attempt failed
	wait    time.Duration // before the next attempt
	flying  int
}

func newGate(config Config, conf *esdb.Configuration) *gate {
	g := &gate{config: config, conf: conf, changed: make(chan struct{})}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.running.Go(g.connect)
	return g
}

// see is the state as it is, and what tells of the next.
func (g *gate) see() (l *link, changed <-chan struct{}, reason error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.link, g.changed, g.reason
}

// set changes the state. Called with mu held.
func (g *gate) set(l *link, reason error) {
	g.link, g.reason = l, reason
	close(g.changed)
	g.changed = make(chan struct{})
}

// enter waits for a connection and a free slot on it, as long as ctx and the deadline allow. Its errors wrap
// commands.ErrUnavailable: nothing was sent. Without an error one call must follow, which ends the link's slot.
func (g *gate) enter(ctx context.Context) (*link, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", commands.ErrUnavailable, err)
	}
	late := time.NewTimer(g.config.Deadline)
	defer late.Stop()
	for {
		l, changed, reason := g.see()
		var slots chan<- struct{}
		if l != nil {
			slots = l.slots
		}
		select {
		case slots <- struct{}{}:
			if g.ctx.Err() == nil && l.begin() {
				return l, nil
			}
			if g.ctx.Err() != nil {
				return nil, errClosed
			}
		case <-changed:
		case <-g.ctx.Done():
			return nil, errClosed
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w (%w)", commands.ErrUnavailable, ctx.Err(), full(l, reason))
		case <-late.C:
			return nil, fmt.Errorf("%w: %w", commands.ErrUnavailable, full(l, reason))
		}
	}
}

var errFull = errors.New("too many calls are in flight")

// full is why nobody gets in.
func full(l *link, reason error) error {
	switch {
	case l != nil:
		return errFull
	case reason != nil:
		return reason
	default:
		return errors.New("not connected yet")
	}
}

func (g *gate) inFlight(change int) {
	g.mu.Lock()
	g.flying += change
	n := g.flying
	g.mu.Unlock()
	g.config.Observer.InFlight(n)
}

// retire gives a link up, and begins to look for another one.
func (g *gate) retire(l *link, why error) {
	if !l.giveUp() {
		return
	}
	g.config.Observer.Lost()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ctx.Err() != nil {
		return // close looks after it
	}
	if l.proved.Load() {
		g.wait = 0
	} else {
		g.longer()
	}
	g.set(nil, why)
	g.config.Logger.Warn("event store: connection given up", "error", why)
	g.running.Go(g.connect)
	g.running.Go(func() { g.drain(l) })
}

// longer is the back-off. Called with mu held.
func (g *gate) longer() { g.wait = min(max(2*g.wait, firstWait), mostWait) }

// drain closes a link's client when its calls have ended, or after a time. That is what ends the client's goroutine and
// its connection.
func (g *gate) drain(l *link) {
	late := time.NewTimer(drainMost)
	defer late.Stop()
	select {
	case <-l.drained:
	case <-late.C:
	case <-g.ctx.Done():
		select {
		case <-l.drained:
		case <-time.After(g.config.Deadline):
		}
	}
	_ = l.client.Close() // never fails
}

// connect looks for a server until it has one. There is one such goroutine while there is no link.
func (g *gate) connect() {
	for {
		g.mu.Lock()
		wait := g.wait
		g.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-g.ctx.Done():
			return
		}
		l, err := g.attempt()
		if err == nil {
			g.config.Logger.Info("event store: connected")
			g.config.Observer.Connected()
		} else if g.ctx.Err() == nil {
			g.config.Logger.Warn("event store: can't connect", "error", err)
		}
		if g.found(l, err) {
			return
		}
	}
}

// found takes the result of an attempt. It reports whether that was the last one.
func (g *gate) found(l *link, err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ctx.Err() != nil { // close has not seen it
		if l != nil {
			_ = l.client.Close() // never fails
		}
		return true
	}
	if err != nil {
		g.longer()
	}
	g.set(l, err)
	return err == nil
}

// attempt makes one client and lets it find its server.
func (g *gate) attempt() (*link, error) {
	l, conf := newLink(g), *g.conf
	conf.Logger = l.clientLog
	client, err := esdb.NewClient(&conf)
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	g.running.Go(func() {
		_, err := client.GetServerVersion() // asks no server, but waits for one
		done <- err
	})
	late := time.NewTimer(attemptMost)
	defer late.Stop()
	select {
	case err = <-done:
		if err == nil {
			l.client = client
			l.heard.Store(now())
			return l, nil
		}
		_ = client.Close() // never fails
	case <-late.C:
		err = g.leave(client, done)
	case <-g.ctx.Done():
		err = g.leave(client, done)
	}
	var number *strconv.NumError
	if errors.As(err, &number) {
		err = fmt.Errorf("%w: a part of its version is %q, and the client reads numbers only (26.1.0, not 26.1.0-rc.1): use a released server, or one built with an empty version suffix",
			errVersion, number.Num)
	}
	return nil, err
}

// leave closes a client once it has given up looking for a server.
func (g *gate) leave(client *esdb.Client, done <-chan error) error {
	go func() {
		if <-done == nil {
			g.config.Logger.Debug("event store: an answer came too late")
		}
		_ = client.Close() // never fails
	}()
	return errAbandoned
}

// close ends everything: calls get a little time, then their connection is closed under them.
func (g *gate) close() {
	g.mu.Lock()
	l := g.link
	g.cancel()
	g.mu.Unlock()
	if l != nil {
		l.giveUp()
		g.drain(l)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.running.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(closeMost): // the client is looking for a server, and ends when it gives up
	}
}
