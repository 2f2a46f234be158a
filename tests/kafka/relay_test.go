package kafka_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/tests/harness"
)

// checkpoints are what a relay leaves for the next one.
type checkpoints struct {
	mu   sync.Mutex
	at   projections.Checkpoint
	fail func() error // instead of saving; nil: none
}

func (c *checkpoints) Load(context.Context) (projections.Checkpoint, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at, nil
}

func (c *checkpoints) Save(_ context.Context, at projections.Checkpoint) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		return c.fail()
	}
	c.at = at
	return nil
}

func (c *checkpoints) failWith(f func() error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = f
}

// prover looks for an event by reading everything up to it.
type prover struct{ *pebble.Store }

func (p prover) EventAt(ctx context.Context, at event.Position) (event.ID, bool, error) {
	for e, err := range p.ReadAll(ctx, "") {
		if err != nil {
			return event.ID{}, false, err
		}
		if e.Position == at {
			return e.ID, true, nil
		}
	}
	return event.ID{}, false, nil
}

type ignored struct{}

func (ignored) Relayed(int, time.Duration) {}
func (ignored) Alarm(string)               {}

// world is a store, a bus and a reader.
type world struct {
	*testing.T
	store  *pebble.Store
	kafka  *harness.Kafka
	bus    *bus.Kafka // the reader's
	author *author
	reader *reader
}

func newWorld(t *testing.T, k *harness.Kafka) *world {
	t.Helper()
	store, err := pebble.Open(pebble.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b, _ := open(t, k, nil)
	w := &world{T: t, store: store, kafka: k, bus: b, author: newAuthor(), reader: newReader()}
	subscribe(t, b, w.reader)
	return w
}

// append stores so many events of ten games.
func (w *world) append(events int) {
	w.Helper()
	for i := range events {
		e := w.author.write(game(i % 10))
		if err := w.store.Append(w.Context(), e.Stream, e.Version-1, []event.Recorded{e}); err != nil {
			w.Fatal(err)
		}
	}
}

// relay runs one with a bus of its own, as another server would, until stop is called.
func (w *world) relay(c *checkpoints) (stop func()) {
	w.Helper()
	b, _ := open(w.T, w.kafka, nil)
	r, err := relay.Open(w.Context(), relay.Config{
		Log: w.store, Bus: b, Checkpoints: c, Prover: prover{w.store}, AtOnce: bus.AtOnce,
		Watermark: 200 * time.Millisecond, Observer: ignored{}, Logger: silent,
	})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				w.Errorf("relay: %v", err)
			}
		})
	}
	w.Cleanup(stop)
	return stop
}

func (w *world) caughtUp(what string) {
	w.Helper()
	harness.Eventually(w, patience, what, func() bool { return w.reader.caughtUp(w.author) })
	w.reader.check(w.T)
}

func (w *world) repeats() int {
	w.reader.mu.Lock()
	defer w.reader.mu.Unlock()
	return w.reader.repeat
}

func goesOn(t *testing.T, k *harness.Kafka) {
	w, c := newWorld(t, k), new(checkpoints)
	for round := range 3 {
		stop := w.relay(c)
		w.append(100)
		w.caughtUp("what was appended")
		harness.Eventually(t, patience, "the checkpoint is at the end", func() bool {
			head, err := w.store.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			at, _ := c.Load(t.Context())
			return at.Position == head
		})
		stop()
		w.append(50) // while nobody relays
		if round == 0 && w.repeats() != 0 {
			t.Errorf("%d repeats without any fault", w.repeats())
		}
	}
	w.relay(c)
	w.caughtUp("what was appended while no relay ran")
	if n := w.repeats(); n != 0 {
		t.Errorf("%d repeats, although every relay ended with its checkpoint saved", n)
	}
}

func diesBefore(t *testing.T, k *harness.Kafka) {
	w, c := newWorld(t, k), new(checkpoints)
	stop := w.relay(c)
	w.append(100)
	w.caughtUp("what was appended")
	c.failWith(func() error { return errors.New("died here") })
	w.append(100)
	w.caughtUp("what was published without a checkpoint")
	stop()
	c.failWith(nil)
	w.relay(c)
	w.append(10)
	w.caughtUp("everything after the restart")
	if w.repeats() == 0 {
		t.Error("nothing was repeated: this test proves nothing")
	}
}

// twoRelays: an old one that wakes up, or a lease that two believe in, means repeats and never a gap.
func twoRelays(t *testing.T, k *harness.Kafka) {
	w := newWorld(t, k)
	var first, second checkpoints
	w.append(200)
	w.relay(&first)
	w.relay(&second)
	w.append(500)
	w.caughtUp("everything")
	harness.Eventually(t, patience, "repeats from the second relay", func() bool { return w.repeats() >= 700 })
	w.reader.check(t)
	log := readLog(t, w.kafka, w.bus)
	for stream, version := range w.author.heads() {
		inOrder(t, stream, log[stream], version)
	}
}

func TestARelayOutlivesTheBroker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.StartKafka(t))
	w.relay(new(checkpoints))
	w.append(200)
	w.caughtUp("what was appended")
	w.kafka.Kill9()
	w.append(1000) // the store takes them
	w.kafka.Restart()
	w.append(100)
	w.caughtUp("what was appended while the broker was away")
	log := readLog(t, w.kafka, w.bus)
	for stream, version := range w.author.heads() {
		inOrder(t, stream, log[stream], version)
	}
	harness.Eventually(t, patience, "watermarks go on", func() bool {
		w.reader.mu.Lock()
		defer w.reader.mu.Unlock()
		return w.reader.marks > 0
	})
}
