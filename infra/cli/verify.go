package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
)

type verifyCommand struct {
	Data  string `env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"Data folder to verify. No server may be using it; verify a backup of a running one."`
	Store string `env:"PLY_STORE" default:"embedded" placeholder:"STORE" help:"A shared store to verify instead, such as esdb://127.0.0.1:2113?tls=false. Servers may be using it."`
	Views bool   `help:"Instead, fold every view of the data folder anew and compare it with the stored one. A server may be using the folder."`
}

// Run verifies and fails if anything is wrong.
func (c *verifyCommand) Run(s streams) error {
	if c.Views {
		return verifyViews(s, c.Data, c.Store)
	}
	v := newVerifier(s.out, s.err)
	if c.Store != "embedded" {
		store, err := openShared(context.Background(), c.Store)
		if err != nil {
			return err
		}
		return errors.Join(v.run(context.Background(), store), store.Close())
	}
	store, err := openStore(c.Data)
	if err != nil {
		return err
	}
	return errors.Join(v.run(context.Background(), store), store.Close())
}

// log is the part of the event store that is verified.
type log interface {
	ReadAll(ctx context.Context, after event.Position) iter.Seq2[event.Recorded, error]
}

// inspected is a log that can be read by streams, several at once: much faster, and the global order is proved as well.
type inspected interface {
	Inspect(ctx context.Context, inspector func() pebble.Inspector, progress pebble.Progress) error
}

// verifier reads the whole store once.
type verifier struct {
	out      io.Writer
	progress *progress

	mu    sync.Mutex // held while tally and out are used
	tally tally
}

// tally is what was found.
type tally struct{ events, moves, games, unfinished, people, wrong int }

func (t *tally) add(more tally) {
	t.events += more.events
	t.moves += more.moves
	t.games += more.games
	t.unfinished += more.unfinished
	t.people += more.people
	t.wrong += more.wrong
}

func newVerifier(out, err io.Writer) *verifier {
	return &verifier{out: out, progress: newProgress(err)}
}

// run reports each stream that is wrong on one line, and the sum.
func (v *verifier) run(ctx context.Context, store log) (err error) {
	if s, ok := store.(inspected); ok {
		err = s.Inspect(ctx, func() pebble.Inspector { return &inspector{verifier: v} }, func(done, total int64) {
			v.tell(percent(done, total), done)
		})
	} else {
		err = v.inOrder(ctx, store)
	}
	v.progress.end()
	t, took := v.tally, time.Since(v.progress.started)
	if err != nil {
		return fmt.Errorf("the store can't be read to its end: %w; %d events were read", err, t.events)
	}
	fmt.Fprintf(v.out, "verified %d events of %d games (%d unfinished) and %d people in %s (%.0f moves/s)\n",
		t.events, t.games, t.unfinished, t.people, took.Round(time.Millisecond), float64(t.moves)/took.Seconds())
	if t.wrong > 0 {
		return fmt.Errorf("%d streams are wrong, see above; restore a backup, and keep this folder for whoever finds out why", t.wrong)
	}
	return nil
}

// inOrder reads the store in the global order. Games that have ended leave its memory.
func (v *verifier) inOrder(ctx context.Context, store log) error {
	streams := make(map[event.Stream]*judged)
	last := event.Position("")
	for rec, err := range store.ReadAll(ctx, "") {
		if err != nil {
			return err
		}
		j := streams[rec.Stream]
		if j == nil {
			j = judge(rec.Stream)
			streams[rec.Stream] = j
		}
		if rec.Position <= last {
			v.report(j, rec, fmt.Errorf("position %s comes after %s", rec.Position, last))
		}
		last = rec.Position
		if err := j.take(rec); err != nil {
			v.report(j, rec, err)
		}
		v.tally.events++
		if v.tally.events%1024 == 0 {
			v.tell("", int64(v.tally.events))
		}
	}
	v.tally.events = 0 // the streams count them too
	for _, j := range streams {
		if err := j.end(); err != nil {
			v.report(j, event.Recorded{Stream: j.stream}, err)
		}
		v.tally.add(j.tally)
	}
	return nil
}

// report tells the first mistake of a stream. The rest of it proves nothing.
func (v *verifier) report(j *judged, rec event.Recorded, err error) {
	if j.wrong > 0 {
		return
	}
	j.condemn()
	v.mu.Lock()
	defer v.mu.Unlock()
	if rec.Type == "" {
		fmt.Fprintf(v.out, "%s: %v\n", rec.Stream, err)
		return
	}
	fmt.Fprintf(v.out, "%s version %d (%s): %v\n", rec.Stream, rec.Version, rec.Type, err)
}

// tell tells how far and how fast, once a second.
func (v *verifier) tell(share string, events int64) {
	v.progress.tell(func(elapsed time.Duration) string {
		line := fmt.Sprintf("verifying: %d events, %.0f events/s", events, float64(events)/elapsed.Seconds())
		if share != "" {
			line += ", " + share
		}
		return line
	})
}

// inspector judges one stream after the other.
type inspector struct {
	*verifier
	now *judged
}

// Take implements pebble.Inspector.
func (i *inspector) Take(rec event.Recorded) error {
	if i.now == nil {
		i.now = judge(rec.Stream)
	}
	if err := i.now.take(rec); err != nil {
		i.report(i.now, rec, err)
	}
	return nil
}

// End implements pebble.Inspector.
func (i *inspector) End() error {
	j := i.now
	i.now = nil
	if err := j.end(); err != nil {
		i.report(j, event.Recorded{Stream: j.stream}, err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.verifier.tally.add(j.tally)
	return nil
}
