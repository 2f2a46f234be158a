package redis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/fanout/fanouttest"
	"github.com/plygames/ply/transport/socket"
)

// hall is a redis.Presence without sockets: it has what the test puts there, and writes down what it hears.
type hall struct {
	mu     sync.Mutex
	own    map[string]socket.Attendance
	heard  map[string]map[string]socket.Attendance // by server
	whole  int                                     // how often a server said everything
	sights []bool
}

func (h *hall) Join(socket.Site)                       {}
func (h *hall) HeardRematch(string, game.Seat, string) {}

func (h *hall) Own(id string) socket.Attendance {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.own[id]
}

func (h *hall) OwnAll() map[string]socket.Attendance {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.own)
}

func (h *hall) Heard(server string, games map[string]socket.Attendance, all bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.heard == nil {
		h.heard = map[string]map[string]socket.Attendance{}
	}
	if all || h.heard[server] == nil {
		h.heard[server] = map[string]socket.Attendance{}
	}
	if all {
		h.whole++
	}
	maps.Copy(h.heard[server], games)
}

func (h *hall) Silent(server string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.heard, server)
}

func (h *hall) Sighted(sees bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sights = append(h.sights, sees)
}

// of gives what was heard of a game on a server; "" = that server is not known.
func (h *hall) of(server, id string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.heard[server] == nil {
		return ""
	}
	return fmt.Sprint(h.heard[server][id])
}

// run runs signals for a hall until the test ends.
func (h *hall) run(t testing.TB, r *harness.Redis, name string) *redis.Signals {
	t.Helper()
	signals := redis.NewSignals(mustOpen(t, r.URL()), redis.SignalsConfig{Incarnation: name, Presence: h, Clock: fanouttest.NewHost()})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { signals.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return signals
}

func TestEverythingComesInPartsAndInOnePiece(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	full, empty := &hall{own: map[string]socket.Attendance{}}, &hall{}
	for i := range 2500 { // three messages
		full.own[fmt.Sprintf("game%08d", i)] = socket.Attendance{Seats: []game.Seat{"black", "white"}, Watchers: i}
	}
	full.run(t, r, "full")
	empty.run(t, r, "empty")
	harness.Eventually(t, soon, "everything is heard", func() bool {
		empty.mu.Lock()
		defer empty.mu.Unlock()
		return fmt.Sprint(empty.heard["full"]) == fmt.Sprint(full.own)
	})
}

func TestWhatIsLateIsDroppedAndWhatIsMissingIsAskedFor(t *testing.T) {
	t.Parallel()
	r := harness.StartRedis(t)
	h := &hall{}
	h.run(t, r, "listener")
	client := mustOpen(t, r.URL())
	say := func(message string) {
		t.Helper()
		err := client.Do(within(t, soon), client.B().Publish().Channel(client.Key("signals")).Message(message).Build()).Error()
		if err != nil {
			t.Fatal(err)
		}
	}
	harness.Eventually(t, soon, "it listens", func() bool {
		say(`{"from":"x","seq":1,"part":1,"last":true,"games":{"g":{"w":1}}}`)
		return h.of("x", "g") == "{[] 1}"
	})
	say(`{"from":"x","seq":2,"games":{"g":{"w":2}}}`)
	harness.Eventually(t, soon, "a change is heard", func() bool { return h.of("x", "g") == "{[] 2}" })
	say(`nonsense`)
	say(`{"from":"x","seq":1,"games":{"g":{"w":1}}}`) // overtaken
	say(`{"from":"x","seq":3,"games":{"other":{"s":["white"]}}}`)
	harness.Eventually(t, soon, "the next is heard", func() bool { return h.of("x", "other") == "{[white] 0}" })
	if got := h.of("x", "g"); got != "{[] 2}" {
		t.Errorf("a late message counts: %s", got)
	}
	// A part is missing: what came of the others is not everything.
	asks := listenForAsks(t, r, client.Key("signals"), "listener")
	say(`{"from":"x","seq":4,"part":1,"games":{"g":{"w":9}}}`)
	say(`{"from":"x","seq":6,"part":3,"last":true,"games":{"third":{"w":9}}}`)
	select {
	case <-asks:
	case <-time.After(soon):
		t.Fatal("nothing is asked for")
	}
	if got := h.of("x", "g"); got != "{[] 2}" {
		t.Errorf("half of everything counts: %s", got)
	}
	say(`{"from":"x","seq":7,"bye":true}`)
	harness.Eventually(t, soon, "the goodbye is heard", func() bool { return h.of("x", "g") == "" })
}

// listenForAsks gives a channel that is told when a server asks the others to say everything; it hears that already.
func listenForAsks(t testing.TB, r *harness.Redis, channel, server string) <-chan struct{} {
	t.Helper()
	raw, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{r.Addr}, DisableCache: true, ForceSingleClient: true})
	if err != nil {
		t.Fatal(err)
	}
	asks, ready := make(chan struct{}, 100), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	listens := sync.OnceFunc(func() { close(ready) })
	hooked := rueidis.WithOnSubscriptionHook(ctx, func(rueidis.PubSubSubscription) { listens() })
	var listening sync.WaitGroup
	listening.Go(func() {
		_ = raw.Receive(hooked, raw.B().Subscribe().Channel(channel).Build(), func(m rueidis.PubSubMessage) {
			var said struct {
				From string
				Ask  bool
			}
			if json.Unmarshal([]byte(m.Message), &said) == nil && said.From == server && said.Ask {
				asks <- struct{}{}
			}
		})
	})
	t.Cleanup(func() { cancel(); listening.Wait(); raw.Close() })
	<-ready
	return asks
}
