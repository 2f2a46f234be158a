package journal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis/journal"
)

// open starts a server and tells how that went.
func (r *rig) open() error {
	j, err := journal.Open(r.Context(), r.store, r.client, journal.Options{})
	if err == nil {
		r.Cleanup(func() { _ = j.Close() })
	}
	return err
}

// refusedToStart checks that a start is refused and that the text says what to do.
func (r *rig) refusedToStart(err error, advice ...string) {
	r.Helper()
	r.mustBe(err, journal.ErrSetting)
	for _, words := range advice {
		if !strings.Contains(err.Error(), words) {
			r.Errorf("the text does not say %q: %v", words, err)
		}
	}
}

// The first server decides, and all others must be set up alike.
func TestTheFirstStartDecides(t *testing.T) {
	t.Run("on", func(t *testing.T) {
		r := newRig(t)
		r.must(r.open())
		r.must(r.open())
		r.refusedToStart(journal.AgreeOff(t.Context(), r.store), "through the Redis journal", "turn it off for all")
		s, err := journal.ReadSetting(t.Context(), r.store)
		if err != nil || !s.On || s.Incarnation == "" {
			t.Errorf("%+v, %v", s, err)
		}
	})
	t.Run("off", func(t *testing.T) {
		r := newRig(t)
		r.must(journal.AgreeOff(t.Context(), r.store))
		r.must(journal.AgreeOff(t.Context(), r.store))
		r.refusedToStart(r.open(), "straight to the store", "turn-on command")
		if n := len(r.store.read(journal.SettingsStream, 1)); n != 1 {
			t.Errorf("%d settings were recorded", n)
		}
	})
	t.Run("both at once", func(t *testing.T) {
		r := newRig(t)
		results := make(chan error, 8)
		for range 8 {
			go func() {
				_, err := journal.AgreeOn(t.Context(), r.store, r.client)
				results <- err
			}()
		}
		for range 8 {
			r.must(<-results)
		}
		if n := len(r.store.read(journal.SettingsStream, 1)); n != 1 {
			t.Errorf("%d settings were recorded", n)
		}
	})
}

// A start that died before it had recorded the journal in the store is taken up by the next one.
func TestAStartThatDied(t *testing.T) {
	r := newRig(t)
	store := &away{EventStore: r.store}
	dying := &gated{EventStore: store, before: func(call string, stream event.Stream) {
		if call == "append" && stream == journal.SettingsStream {
			panic("the server dies here")
		}
	}}
	func() {
		defer func() { _ = recover() }()
		_, _ = journal.AgreeOn(t.Context(), dying, r.client)
		t.Error("it did not die")
	}()
	r.must(r.open())
}

// A Redis that was wiped, or another one, is refused at the start and noticed by those that run, at the next move.
func TestWipedRedis(t *testing.T) {
	r := newRig(t)
	running := r.server(nil)
	script := game()
	first := script.Say("1")
	r.must(put(running, first))
	r.eventuallyStored(script.Stream, first)
	r.redis.Flush()
	second := script.Say("2")
	r.mustBe(put(running, second), commands.ErrUnavailable, journal.ErrEstranged)
	if _, err := collect(running.ReadStream(t.Context(), script.Stream, 1)); !isUnavailable(err) {
		t.Errorf("a reader over a wiped Redis: %v", err)
	}
	r.refusedToStart(r.open(), "Redis has none", "append-only file", "say that Redis is lost")
	r.refusedToStart(journal.TurnOff(t.Context(), r.store, r.client, journal.Config{}))

	// One bucket is enough to be noticed.
	other := newRig(t)
	other.must(other.open())
	other.must(other.client.Do(t.Context(), other.client.B().Del().Key("ply:journal:{17}:gen").Build()).Error())
	other.refusedToStart(other.open(), "1 of 1024 buckets")

	// The way on.
	_ = running.Close()
	r.must(journal.GiveUp(t.Context(), r.store))
	r.must(journal.AgreeOff(t.Context(), r.store))
	r.must(journal.TurnOn(t.Context(), r.store, r.client))
	again := r.server(nil)
	r.must(put(again, second))
	r.eventuallyStored(script.Stream, append(first, second...))
	r.mustBe(put(running, script.Say("3")), commands.ErrUnavailable) // it was closed
}

// One Redis for two deployments would mix their games.
func TestRedisOfAnotherStore(t *testing.T) {
	r := newRig(t)
	r.must(r.open())
	r.store = newMemory()
	r.refusedToStart(r.open(), "of another store")
}

// Turning the journal off moves everything, and no server can append from its beginning on.
func TestTurnOff(t *testing.T) {
	r := newRig(t)
	left := r.still(r.store) // a server that runs on by mistake
	script, idle := game(), game()
	first := script.Say("1", "2")
	r.must(put(left, first))
	other := idle.Say("1")
	r.must(put(left, other))
	r.must(left.Flush(t.Context(), idle.Stream))
	r.must(journal.TurnOff(t.Context(), r.store, r.client, journal.Config{}))
	r.stored(script.Stream, first)
	r.mustBe(put(left, script.Say("3")), commands.ErrUnavailable)
	r.must(journal.AgreeOff(t.Context(), r.store))
	r.refusedToStart(r.open())
	if n, err := r.client.Do(t.Context(), r.client.B().Dbsize().Build()).AsInt64(); err != nil || n != 0 {
		t.Errorf("%d keys are left in Redis, %v", n, err)
	}
	r.must(journal.TurnOff(t.Context(), r.store, r.client, journal.Config{})) // again: nothing to do

	// Moves are made without it, and it is turned on again: nothing of before is believed.
	script = resume(first)
	third := script.Say("3")
	r.must(r.store.Append(t.Context(), script.Stream, 2, third))
	r.must(journal.TurnOn(t.Context(), r.store, r.client))
	r.refusedToStart(journal.AgreeOff(t.Context(), r.store))
	on := r.server(nil)
	fourth := script.Say("4")
	r.must(put(on, fourth))
	r.eventuallyStored(script.Stream, append(append(first, third...), fourth...))
}

// Turning it off while the store is away stops half-way: servers are refused until it was done or taken back.
func TestTurnOffIsInterrupted(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	events := script.Say("1")
	r.must(put(j, events))
	store := &away{EventStore: r.store, off: true}
	if err := journal.TurnOff(t.Context(), store, r.client, journal.Config{}); err == nil {
		t.Fatal("turned off with moves in Redis only")
	}
	r.refusedToStart(r.open(), "begun and not ended")
	r.mustBe(put(j, script.Say("2")), commands.ErrUnavailable)
	r.must(journal.TurnOn(t.Context(), r.store, r.client)) // taken back
	r.must(r.open())
	store.set(false)
	r.must(journal.TurnOff(t.Context(), store, r.client, journal.Config{})) // and done after all
	r.stored(script.Stream, events)
}

// A halted game keeps the journal on until somebody has taken what it holds.
func TestHaltedGamesStopTurningOff(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	ours := script.Say("1")
	r.must(put(j, ours))
	fork := game()
	fork.Stream = script.Stream
	foreign := fork.Say("1, past the journal")
	r.must(r.store.Append(t.Context(), script.Stream, 0, foreign))
	running := r.server(nil) // finds and halts it
	r.eventually("the alarm", func() bool { return r.seen.alarmed("journal: game halted") })
	r.must(running.Close())

	r.refusedToStart(journal.TurnOff(t.Context(), r.store, r.client, journal.Config{}), string(script.Stream), "abandon")
	s, err := journal.ReadSetting(t.Context(), r.store)
	r.must(err)
	if _, err := journal.Abandon(t.Context(), r.client, s.Incarnation, "game-other"); err == nil {
		t.Error("what is not halted was abandoned")
	}
	kept, err := journal.Abandon(t.Context(), r.client, s.Incarnation, script.Stream)
	if err != nil || len(kept) != 1 || kept[0].ID != ours[0].ID || string(kept[0].Data) != string(ours[0].Data) {
		t.Fatalf("%+v, %v", kept, err)
	}
	r.must(journal.TurnOff(t.Context(), r.store, r.client, journal.Config{}))
	r.stored(script.Stream, foreign)
}

// A server that runs on while the deployment's setting changes notices.
func TestRunningServerNoticesTheSetting(t *testing.T) {
	r := newRig(t)
	j := r.server(func(o *journal.Options) { o.CheckEvery = 5 * time.Millisecond })
	script := game()
	r.must(put(j, script.Say("1")))
	r.must(journal.GiveUp(t.Context(), r.store))
	r.eventually("appends are refused", func() bool { return isUnavailable(put(j, script.Say("2"))) })
	if !r.seen.alarmed("journal: Redis can't be trusted") {
		t.Error("no alarm")
	}
}
