package eventstoredb_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/plygames/ply/commands"
	domain "github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/eventstoredb"
)

// fails is a hook that always answers with an error.
func fails(code codes.Code, message string) func(context.Context) error {
	return func(context.Context) error { return status.Error(code, message) }
}

// hang is a hook that holds a call up until the server goes away.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAppendAndRead(t *testing.T) {
	server, store := start(t)
	game := newScript("a")
	first, second := game.next(2), game.next(3)
	mustAppend(t, store, first)
	mustAppend(t, store, second)
	got, err := collect(store.ReadStream(context.Background(), game.stream, 2))
	if err != nil || len(got) != 4 {
		t.Fatalf("%d events, %v; want 4", len(got), err)
	}
	for i, e := range got {
		want := append(first[1:], second...)[i]
		if e.Stream != want.Stream || e.Version != want.Version || e.ID != want.ID || e.Type != want.Type ||
			!bytes.Equal(e.Meta, want.Meta) || !bytes.Equal(e.Data, want.Data) || e.Position == "" {
			t.Errorf("event %d came back as %+v", i, e)
		}
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if kind := server.stream("game-a")[0].Metadata["content-type"]; kind != "application/json" {
		t.Errorf("content type %q", kind)
	}
}

// Whatever ends an append: what the error says of it is true, and sending the same events again ends well.
func TestWhatAnAppendsEndMeans(t *testing.T) {
	for _, c := range []struct {
		name    string
		hooks   hooks
		want    error
		written bool
	}{
		{"aborted, not written", hooks{before: fails(codes.Aborted, "Operation timed out")}, commands.ErrUnknown, false},
		{"aborted, written", hooks{after: fails(codes.Aborted, "Operation timed out")}, commands.ErrUnknown, true},
		{"the server hangs", hooks{before: hang}, commands.ErrUnknown, false},
		{"the server hangs afterwards", hooks{after: hang}, commands.ErrUnknown, true},
		{"exception in the handler", hooks{before: fails(codes.Unknown, "Exception was thrown by handler.")}, commands.ErrUnknown, false},
		{"not ready", hooks{before: fails(codes.Unavailable, "Server Is Not Ready")}, commands.ErrUnavailable, false},
		{"too busy", hooks{before: fails(codes.Unavailable, "Server Is Too Busy")}, commands.ErrUnavailable, false},
		{"unavailable, who knows why", hooks{after: fails(codes.Unavailable, "bad gateway")}, commands.ErrUnknown, true},
		{"access denied", hooks{before: fails(codes.PermissionDenied, "Access Denied")}, commands.ErrUnavailable, false},
		{"bad credentials", hooks{before: fails(codes.Unauthenticated, "")}, commands.ErrUnavailable, false},
		{"invalid", hooks{before: fails(codes.InvalidArgument, "too large")}, commands.ErrUnavailable, false},
		{"not found", hooks{before: fails(codes.NotFound, "what?")}, commands.ErrUnknown, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newStub(t)
			store := open(t, eventstoredb.Config{ConnectionString: server.url(), Deadline: 300 * time.Millisecond})
			server.tell(c.hooks)
			events := newScript("a").next(2)
			mustBe(t, appendTo(context.Background(), store, events), c.want)
			server.tell(hooks{})
			if n := length(t, store, "game-a"); (n == 2) != c.written {
				t.Errorf("%d events are there", n)
			}
			eventually(t, "the repeated append", func() error { return appendTo(context.Background(), store, events) })
			if n := length(t, store, "game-a"); n != 2 {
				t.Errorf("%d events are there after the repetition", n)
			}
		})
	}
}

// v4.2.0 forgets the connection to the leader that it was sent to, and dies of it at the next call.
func TestNotLeader(t *testing.T) {
	leader := newStub(t)
	server, store := start(t)
	host, port, err := net.SplitHostPort(leader.address)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	server.tell(hooks{before: func(context.Context) error {
		if asked.Add(1) > 3 {
			return nil
		}
		return status.Error(codes.NotFound, "not leader")
	}})
	server.mu.Lock()
	server.trailer = metadata.Pairs("exception", "not-leader", "leader-endpoint-host", host, "leader-endpoint-port", port)
	server.mu.Unlock()
	events := newScript("a").next(1)
	eventually(t, "an append on the server that is leader now", func() error {
		return appendTo(context.Background(), store, events)
	})
	if _, opened, _, _ := leader.counts(); opened != 0 {
		t.Errorf("the client has opened %d connections that it will never use", opened)
	}
}

// Our id comparison decides, not the server's answer.
func TestPartialOverlap(t *testing.T) {
	_, store := start(t)
	game := newScript("a")
	first, second, third := game.next(1), game.next(1), game.next(1)
	mustAppend(t, store, first)
	mustAppend(t, store, second)
	both := append(append([]domain.Recorded{}, second...), third...)
	mustBe(t, appendTo(context.Background(), store, both), commands.ErrConflict)
	mustAppend(t, store, second) // a prefix is no overlap
	mustAppend(t, store, append(append([]domain.Recorded{}, first...), second...))
	if n := length(t, store, game.stream); n != 2 {
		t.Errorf("%d events; want 2", n)
	}
}

// A server that calls a part of our batch a success has not stored our batch.
func TestSuccessOfAnotherRevision(t *testing.T) {
	server, store := start(t)
	game := newScript("a")
	stored := game.next(1)
	mustAppend(t, store, stored)
	server.tell(hooks{answer: func(*api.AppendResp) *api.AppendResp { return success(0, 200) }})
	both := append(append([]domain.Recorded{}, stored...), game.next(1)...)
	mustBe(t, appendTo(context.Background(), store, both), commands.ErrConflict)
}

// A server that refuses what it holds (its original was scavenged from the index, say) is corrected by reading.
func TestWrongVersionOfWhatIsThere(t *testing.T) {
	server, store := start(t)
	events := newScript("a").next(3)
	mustAppend(t, store, events)
	server.tell(hooks{answer: func(*api.AppendResp) *api.AppendResp { return wrong() }})
	mustAppend(t, store, events)
}

// A follower that has not seen what the leader refused because of: the conflict is told only when it can be read.
func TestConflictWaitsForTheFollower(t *testing.T) {
	server, store := start(t)
	game := newScript("a")
	mustAppend(t, store, game.next(2))
	stale := func(log []*recordedEvent) []*recordedEvent { return log[:2] } // the system event and version 1
	var reads atomic.Int32
	server.tell(hooks{visible: func(log []*recordedEvent) []*recordedEvent {
		if reads.Add(1) < 4 {
			return stale(log)
		}
		return log
	}})
	late := newScript("a")
	late.next(1)
	other := late.next(1)
	other[0].ID[3]++
	mustBe(t, appendTo(context.Background(), store, other), commands.ErrConflict)
	if n := reads.Load(); n < 4 {
		t.Errorf("the conflict was told after %d reads", n)
	}
	server.tell(hooks{visible: stale})
	err := appendTo(within(t, 300*time.Millisecond), store, other)
	mustBe(t, err, commands.ErrUnavailable)
	if errors.Is(err, commands.ErrConflict) {
		t.Errorf("%v; nothing was seen that conflicts", err)
	}
}

// What no server would take is refused before it is sent.
func TestRefusedBeforeSending(t *testing.T) {
	server := newStub(t)
	store := open(t, eventstoredb.Config{ConnectionString: server.url(), MaxAppendBytes: 1000, MaxEventBytes: 600})
	const kind = "tested.v1" // 2 x 9 bytes
	of := func(sizes ...int) []domain.Recorded {
		game := newScript("a")
		var events []domain.Recorded
		for _, size := range sizes {
			e := game.next(1)[0]
			e.Data = make([]byte, size-2*len(kind)-len(e.Meta))
			events = append(events, e)
		}
		return events
	}
	broken := func(f func(*domain.Recorded)) []domain.Recorded {
		events := newScript("a").next(1)
		f(&events[0])
		return events
	}
	for name, c := range map[string]struct {
		stream domain.Stream
		events []domain.Recorded
	}{
		"no events":         {"game-a", nil},
		"no stream":         {"", newScript("a").next(1)},
		"a system stream":   {"$game", newScript("a").next(1)},
		"one event too big": {"game-a", of(601)},
		"all too big":       {"game-a", of(500, 501)},
		"another stream":    {"game-b", newScript("a").next(1)},
		"another version":   {"game-a", broken(func(e *domain.Recorded) { e.Version = 2 })},
		"no type":           {"game-a", broken(func(e *domain.Recorded) { e.Type = "" })},
		"a system type":     {"game-a", broken(func(e *domain.Recorded) { e.Type = "$x" })},
		"no id":             {"game-a", broken(func(e *domain.Recorded) { e.ID = domain.ID{} })},
	} {
		if err := store.Append(context.Background(), c.stream, 0, c.events); !errors.Is(err, eventstoredb.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, _, appends := server.counts(); appends != 0 {
		t.Errorf("%d appends reached the server", appends)
	}
	mustAppend(t, store, of(500, 500))
}

func TestDeletedStream(t *testing.T) {
	server, store := start(t)
	server.mu.Lock()
	server.trailer = metadata.Pairs("exception", "stream-deleted", "stream-name", "game-a")
	server.mu.Unlock()
	server.tell(hooks{before: fails(codes.FailedPrecondition, "deleted"), read: fails(codes.FailedPrecondition, "deleted")})
	mustBe(t, appendTo(context.Background(), store, newScript("a").next(1)), commands.ErrConflict)
	if n := length(t, store, "game-a"); n != 0 {
		t.Errorf("a stream with a tombstone has %d events", n)
	}
}

// A stub's answer without the trailers, or with another message than the protocol knows, must not end the process.
func TestPanicOfTheClient(t *testing.T) {
	server, store := start(t)
	mustAppend(t, store, newScript("a").next(1))
	server.tell(hooks{first: &api.ReadResp{Content: &api.ReadResp_CaughtUp_{CaughtUp: &api.ReadResp_CaughtUp{}}}})
	_, err := collect(store.ReadStream(within(t, time.Second), "game-a", 1))
	mustBe(t, err, commands.ErrUnavailable)
	server.tell(hooks{})
	eventually(t, "a read after the panic", func() error {
		_, err := collect(store.ReadStream(context.Background(), "game-a", 1))
		return err
	})
	server.mu.Lock()
	server.trailer = metadata.Pairs("exception", "stream-deleted") // no name: the client's index is out of range
	server.mu.Unlock()
	server.tell(hooks{before: fails(codes.FailedPrecondition, "deleted")})
	mustBe(t, appendTo(within(t, time.Second), store, newScript("b").next(1)), commands.ErrUnknown)
}
