package eventstoredb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/eventstoredb"
)

// The client is dead after a failed discovery: the next one works.
func TestADeadClientIsReplaced(t *testing.T) {
	server := newStub(t)
	seen := &tally{}
	store := open(t, eventstoredb.Config{ConnectionString: server.url(), Observer: seen})
	game := newScript("a")
	mustAppend(t, store, game.next(1))
	for range 3 {
		server.down()
		events := game.next(1)
		err := appendTo(within(t, 300*time.Millisecond), store, events)
		if !errors.Is(err, commands.ErrUnavailable) && !errors.Is(err, commands.ErrUnknown) {
			t.Fatalf("an append to a server that is down: %v", err)
		}
		_, err = store.Head(within(t, 100*time.Millisecond))
		mustBe(t, err, commands.ErrUnavailable)
		server.up()
		eventually(t, "an append after the server is up", func() error { return appendTo(context.Background(), store, events) })
	}
	if lost, connected := seen.of(&seen.lost), seen.of(&seen.connected); lost == 0 || connected != lost+1 {
		t.Errorf("%d connections lost, %d made", lost, connected)
	}
}

// Nothing listens: 50 callers with contexts of their own come back within them, and know that nothing was written.
func TestNobodyHangsWhileNothingListens(t *testing.T) {
	server, store := start(t)
	server.down()
	ctx := within(t, time.Second)
	// The first to notice may have been told by the connection's end.
	_ = appendTo(ctx, store, newScript("first").next(1))
	<-ctx.Done()
	began := time.Now()
	var callers sync.WaitGroup
	var wrong atomic.Int32
	for i := range 50 {
		callers.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			var err error
			if i%2 == 0 {
				err = appendTo(ctx, store, newScript(fmt.Sprint(i)).next(1))
			} else {
				_, err = collect(store.ReadStream(ctx, "game-a", 1))
			}
			if !errors.Is(err, commands.ErrUnavailable) {
				wrong.Add(1)
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		callers.Wait()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("callers hang")
	}
	t.Logf("all were back after %v", time.Since(began))
}

// Each Unavailable would cost the client a connection. Ours are closed, and there are few.
func TestConnectionsDoNotPileUp(t *testing.T) {
	server := newStub(t)
	store := open(t, eventstoredb.Config{ConnectionString: server.url(), Deadline: 200 * time.Millisecond})
	server.tell(hooks{before: fails(codes.Unavailable, "Server Is Not Ready")})
	var callers sync.WaitGroup
	for i := range 20 {
		callers.Go(func() {
			for range 5 {
				if appendTo(context.Background(), store, newScript(fmt.Sprint(i)).next(1)) == nil {
					t.Error("an append succeeded")
				}
			}
		})
	}
	callers.Wait()
	server.tell(hooks{})
	eventually(t, "an append", func() error { return appendTo(context.Background(), store, newScript("a").next(1)) })
	eventually(t, "one open connection", func() error {
		if open, _, _, _ := server.counts(); open != 1 {
			return fmt.Errorf("%d connections are open", open)
		}
		return nil
	})
	_, opened, _, appends := server.counts()
	t.Logf("%d appends were refused, over %d connections", appends-1, opened)
	if opened > 40 {
		t.Errorf("%d connections were opened in about a second", opened)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no open connection after Close", func() error {
		if open, _, _, _ := server.counts(); open != 0 {
			return fmt.Errorf("%d connections are open", open)
		}
		return nil
	})
}

// A server that hangs in the middle, or in its answer to a new client, holds nobody up.
func TestASilentServerIsLeft(t *testing.T) {
	server := newStub(t)
	seen := &tally{}
	store := open(t, eventstoredb.Config{
		ConnectionString: server.url() + "&gossipTimeout=1", Observer: seen, Deadline: 1100 * time.Millisecond,
	})
	server.tell(hooks{before: hang, read: hang, connect: hang})
	eventually(t, "the connection is given up", func() error {
		if err := appendTo(context.Background(), store, newScript("a").next(1)); !errors.Is(err, commands.ErrUnknown) && !errors.Is(err, commands.ErrUnavailable) {
			t.Fatalf("an append to a server that hangs: %v", err)
		}
		if seen.of(&seen.lost) == 0 {
			return errors.New("it is not")
		}
		return nil
	})
	mustBe(t, appendTo(context.Background(), store, newScript("b").next(1)), commands.ErrUnavailable) // not even sent
	server.tell(hooks{})
	eventually(t, "an append", func() error { return appendTo(context.Background(), store, newScript("c").next(1)) })
}

// Servers take 100 calls on a connection; we make 90, and the others wait or are told that nothing was sent.
func TestNinetyInFlight(t *testing.T) {
	server, store := start(t)
	var release = make(chan struct{})
	server.tell(hooks{before: func(ctx context.Context) error {
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	var callers sync.WaitGroup
	var unavailable, ok atomic.Int32
	call := func(i int, d time.Duration) {
		callers.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), d)
			defer cancel()
			switch err := appendTo(ctx, store, newScript(fmt.Sprint(i)).next(1)); {
			case err == nil:
				ok.Add(1)
			case errors.Is(err, commands.ErrUnavailable):
				unavailable.Add(1)
			default:
				t.Errorf("append %d: %v", i, err)
			}
		})
	}
	for i := range 90 {
		call(i, patience)
	}
	eventually(t, "90 calls at the server", func() error {
		if _, _, most, _ := server.counts(); most != 90 {
			return fmt.Errorf("%d", most)
		}
		return nil
	})
	ctx := within(t, 50*time.Millisecond)
	mustBe(t, appendTo(ctx, store, newScript("late").next(1)), commands.ErrUnavailable)
	for i := range 60 {
		call(90+i, patience)
	}
	close(release)
	callers.Wait()
	_, _, most, appends := server.counts()
	if most != 90 || ok.Load()+unavailable.Load() != 150 || int(ok.Load()) != appends || ok.Load() < 90 {
		t.Errorf("at most %d in flight; %d succeeded, %d did not begin, %d reached the server", most, ok.Load(), unavailable.Load(), appends)
	}
}

// The server dies while appends are on their way.
func TestServerDiesInTheMiddle(t *testing.T) {
	server, store := start(t)
	arrived := make(chan struct{}, 100)
	server.tell(hooks{after: func(ctx context.Context) error {
		arrived <- struct{}{}
		return hang(ctx)
	}})
	var callers sync.WaitGroup
	scripts := make([]*script, 30)
	for i := range scripts {
		scripts[i] = newScript(fmt.Sprint(i))
		callers.Go(func() {
			events := scripts[i].next(2)
			if err := appendTo(within(t, patience), store, events); !errors.Is(err, commands.ErrUnknown) {
				t.Errorf("append %d was written, its answer lost: %v", i, err)
			}
		})
	}
	for range scripts {
		<-arrived
	}
	server.down()
	callers.Wait()
	server.tell(hooks{})
	server.up()
	for i := range scripts {
		events := newScript(fmt.Sprint(i)).next(2)
		eventually(t, "the repeated append", func() error { return appendTo(context.Background(), store, events) })
		if n := length(t, store, scripts[i].stream); n != 2 {
			t.Errorf("stream %d has %d events", i, n)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	bare := func(query string) func(*stub) string {
		return func(s *stub) string { return s.url() + query }
	}
	for _, c := range []struct {
		name string
		url  func(*stub) string
		want string
	}{
		{"version", func(s *stub) string { s.version = "26.1.0-prerelease"; return s.url() }, `"0-prerelease"`},
		{"no version", func(s *stub) string { s.version = ""; return s.url() }, "version"},
		{"nobody there", func(s *stub) string { s.down(); defer s.up(); return "esdb://127.0.0.1:1?tls=false" }, "no answer in time"},
		{"TLS against a server without", func(s *stub) string { return "esdb://" + s.address }, "no answer in time"},
		{"scheme of the newer client", func(*stub) string { return "kurrentdb://h:2113" }, "write esdb://"},
		{"no scheme", func(*stub) string { return "h:2113" }, "esdb://"},
		{"other scheme", func(*stub) string { return "http://h:2113" }, "esdb://"},
		{"deadline of nonsense", bare("&defaultDeadline=2s"), "defaultDeadline"},
		{"deadline of zero", bare("&defaultdeadline=0"), "defaultDeadline"},
		{"preference", bare("&nodePreference=best"), "NodePreference"},
		{"access denied", func(s *stub) string {
			s.tell(hooks{read: fails(codes.PermissionDenied, "Access Denied")})
			return s.url()
		}, "refuses"},
		{"password in an error", func(*stub) string { return "esdb://user:geheim@ho st:2113" }, "connection string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newStub(t)
			url := c.url(server)
			store, err := eventstoredb.Open(within(t, time.Second), eventstoredb.Config{ConnectionString: url})
			if err == nil {
				_ = store.Close()
				t.Fatal("it opens")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%v; want something about %s", err, c.want)
			}
		})
	}
}

// An unknown setting is said and left out; a known deadline is used.
func TestSettings(t *testing.T) {
	server := newStub(t)
	store := open(t, eventstoredb.Config{ConnectionString: server.url() + "&connectionName=ply&defaultDeadline=100"})
	server.tell(hooks{before: hang})
	began := time.Now()
	mustBe(t, appendTo(within(t, patience), store, newScript("a").next(1)), commands.ErrUnknown)
	if took := time.Since(began); took > patience/2 {
		t.Errorf("the append ended after %v", took)
	}
}

func TestClosed(t *testing.T) {
	server, store := start(t)
	server.tell(hooks{before: hang})
	ended := make(chan error, 2)
	go func() { ended <- appendTo(within(t, patience), store, newScript("a").next(1)) }()
	go func() {
		ended <- store.SubscribeAll(context.Background(), "", nil)
	}()
	eventually(t, "the append and the subscription", func() error {
		if _, _, most, _ := server.counts(); most < 2 {
			return fmt.Errorf("%d calls", most)
		}
		return nil
	})
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, commands.ErrUnknown) && !errors.Is(err, commands.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}
	mustBe(t, appendTo(context.Background(), store, newScript("a").next(1)), commands.ErrUnavailable)
	_, err := store.Head(context.Background())
	mustBe(t, err, commands.ErrUnavailable)
}
