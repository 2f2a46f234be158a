package eventstoredb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	domain "github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/eventstoredb"
)

// follower is a subscription that keeps what it was shown.
type follower struct {
	ended chan error

	mu      sync.Mutex
	events  []domain.Recorded
	batches int
}

// follow subscribes until the test ends.
func follow(t testing.TB, s *eventstoredb.Store, after domain.Position) *follower {
	f := &follower{ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.ended <- s.SubscribeAll(ctx, after, func(batch []domain.Recorded) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.events = append(f.events, batch...)
			f.batches++
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return f
}

func (f *follower) seen() []domain.Recorded {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]domain.Recorded{}, f.events...)
}

func (f *follower) awaits(t testing.TB, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d events at the subscriber", n), func() error {
		if got := len(f.seen()); got < n {
			return fmt.Errorf("%d", got)
		}
		return nil
	})
}

// whole checks that each event of a game was shown once, in order.
func (f *follower) whole(t testing.TB, n int) {
	t.Helper()
	got := f.seen()
	if len(got) != n {
		t.Errorf("%d events were shown; want %d", len(got), n)
	}
	for i, e := range got {
		if e.Version != uint64(i+1) {
			t.Fatalf("event %d shown is version %d", i, e.Version)
		}
	}
}

func TestSubscriptionOutlivesRestarts(t *testing.T) {
	server := newStub(t)
	seen := &tally{}
	store := open(t, eventstoredb.Config{ConnectionString: server.url(), Observer: seen})
	f := follow(t, store, "")
	game := newScript("a")
	total := 0
	for round := range 6 {
		for range 20 {
			mustAppend(t, store, game.next(1))
			total++
		}
		if round%2 == 0 { // let every other one lose what is on the way
			f.awaits(t, total)
		}
		server.down()
		server.up()
		eventually(t, "the store answers again", func() error {
			_, err := store.Head(context.Background())
			return err
		})
	}
	f.awaits(t, total)
	f.whole(t, total)
	if n := seen.of(&seen.resubscribed); n < 3 {
		t.Errorf("the subscription was begun again %d times", n)
	}
}

// Another call has lost the connection: the subscription moves to the new one.
func TestSubscriptionMoves(t *testing.T) {
	server, store := start(t)
	game := newScript("a")
	f := follow(t, store, "")
	mustAppend(t, store, game.next(1))
	f.awaits(t, 1)
	var asked atomic.Int32
	server.tell(hooks{before: func(context.Context) error {
		if asked.Add(1) > 1 {
			return nil
		}
		return status.Error(codes.Unavailable, "Server Is Too Busy")
	}})
	mustAppend(t, store, game.next(1)) // the second attempt is on the new connection
	eventually(t, "one connection", func() error {
		if open, opened, _, _ := server.counts(); open != 1 || opened != 2 {
			return fmt.Errorf("%d of %d are open", open, opened)
		}
		return nil
	})
	mustAppend(t, store, game.next(1))
	f.awaits(t, 3)
	f.whole(t, 3)
}

// A store that was taken back, or exchanged, would be silent up to the old position. It is noticed.
func TestStoreBehindIsNoticed(t *testing.T) {
	restore := func(events int) func(*stub) {
		return func(s *stub) { s.log = s.log[:1+events] }
	}
	for _, c := range []struct {
		name string
		then func(*stub)
		more int // events appended after that
	}{
		{"restored from a backup", restore(3), 0},
		{"wiped", restore(0), 0},
		{"restored, and longer again", restore(3), 10},
		{"wiped, and longer again", restore(0), 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newStub(t)
			store := open(t, eventstoredb.Config{ConnectionString: server.url(), Deadline: 500 * time.Millisecond})
			game := newScript("a")
			mustAppend(t, store, game.next(5))
			f := follow(t, store, "")
			f.awaits(t, 5)
			server.down()
			server.mu.Lock()
			c.then(server)
			for i := range c.more {
				server.write("game-b", event{id: fmt.Appendf(nil, "another %08d", i), kind: "other.v1"})
			}
			server.mu.Unlock()
			server.up()
			select {
			case err := <-f.ended:
				mustBe(t, err, eventstoredb.ErrBehind)
			case <-time.After(patience):
				t.Fatal("it is not noticed")
			}
			f.whole(t, 5)
		})
	}
}

// The same at the beginning, when only the position is known.
func TestSubscribeBehindTheEnd(t *testing.T) {
	server := newStub(t)
	store := open(t, eventstoredb.Config{ConnectionString: server.url(), Deadline: 200 * time.Millisecond})
	mustAppend(t, store, newScript("a").next(3))
	head, err := store.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []domain.Position{
		"00000000000003e8/00000000000003e8", // behind the end
		head[:len(head)-1] + "1",            // no record begins there
		"00000000000000000007", "nonsense", "zzzzzzzzzzzzzzzz/zzzzzzzzzzzzzzzz",
	} {
		err := store.SubscribeAll(within(t, patience), after, func([]domain.Recorded) error {
			t.Error("it was shown something")
			return nil
		})
		if !errors.Is(err, eventstoredb.ErrBehind) {
			t.Errorf("%s: %v", after, err)
		}
	}
}

func TestEventAt(t *testing.T) {
	server := newStub(t)
	store := open(t, eventstoredb.Config{ConnectionString: server.url(), Deadline: 200 * time.Millisecond})
	events := newScript("a").next(3)
	mustAppend(t, store, events)
	stored, err := collect(store.ReadAll(context.Background(), ""))
	if err != nil || len(stored) != 3 {
		t.Fatalf("%d events, %v", len(stored), err)
	}
	for i, e := range stored {
		id, found, err := store.EventAt(context.Background(), e.Position)
		if err != nil || !found || id != events[i].ID {
			t.Errorf("event %d: %v, %v, %v", i, id, found, err)
		}
	}
	for _, at := range []domain.Position{"", "nonsense", "00000000000003e8/00000000000003e8", "0000000000000001/0000000000000001"} {
		if id, found, err := store.EventAt(context.Background(), at); err != nil || found {
			t.Errorf("%q: %v, %v, %v", string(at), id, found, err)
		}
	}
	// The real server has an exception for a place where no record begins; but a store that can't be read is no proof.
	for _, code := range []codes.Code{codes.Unknown, codes.InvalidArgument} {
		server.tell(hooks{place: func(uint64) error { return status.Error(code, "InvalidPosition") }})
		if id, found, err := store.EventAt(context.Background(), stored[0].Position); err != nil || found {
			t.Errorf("%v: %v, %v, %v", code, id, found, err)
		}
	}
	server.tell(hooks{read: fails(codes.Unknown, "Exception was thrown by handler.")})
	if _, _, err := store.EventAt(context.Background(), stored[0].Position); err == nil {
		t.Error("a store that answers nothing proves that there is nothing")
	}
}

// What the server writes for itself is no event of ours.
func TestSystemEvents(t *testing.T) {
	server := newStub(t)
	store := open(t, eventstoredb.Config{ConnectionString: server.url(), PageEvents: 7})
	if head, err := store.Head(context.Background()); err != nil || head != "" {
		t.Fatalf("a fresh store ends at %q, %v", string(head), err)
	}
	noise := func(n int) {
		server.mu.Lock()
		defer server.mu.Unlock()
		for range n {
			server.write("$stats", event{kind: "$statsCollected"})
			server.write("$by-hand", event{kind: "typed.v1"})
		}
	}
	game := newScript("a")
	noise(10)
	mustAppend(t, store, game.next(2))
	noise(30)
	f := follow(t, store, "")
	mustAppend(t, store, game.next(1))
	noise(30)
	f.awaits(t, 3)
	f.whole(t, 3)
	all, err := collect(store.ReadAll(context.Background(), ""))
	if err != nil || len(all) != 3 {
		t.Fatalf("read all: %d events, %v", len(all), err)
	}
	if head, err := store.Head(context.Background()); err != nil || head != all[2].Position {
		t.Errorf("head %q, %v; want %q", string(head), err, string(all[2].Position))
	}
}

// What has come while the handler was busy is one batch.
func TestBatches(t *testing.T) {
	_, store := start(t)
	busy, goOn := make(chan struct{}), make(chan struct{})
	var sizes []int
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	total := 0
	go func() {
		defer close(done)
		_ = store.SubscribeAll(ctx, "", func(batch []domain.Recorded) error {
			if sizes = append(sizes, len(batch)); len(sizes) == 1 {
				close(busy)
				<-goOn
			}
			if total += len(batch); total == 3001 {
				cancel()
			}
			return nil
		})
	}()
	game := newScript("a")
	mustAppend(t, store, game.next(1))
	<-busy
	for range 30 {
		mustAppend(t, store, game.next(100))
	}
	close(goOn)
	<-done
	if len(sizes) > 1500 {
		t.Errorf("3001 events came in %d batches", len(sizes))
	}
	for _, n := range sizes {
		if n > 1024 {
			t.Errorf("a batch of %d events", n)
		}
	}
}
