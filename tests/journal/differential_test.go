package journal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
	"github.com/plygames/ply/tests/harness"
)

// The histories are played over a model of the scripts; here random steps are taken on both, the scripts in a real Redis
// and the model, and every answer must be the same.
func TestModelIsRedis(t *testing.T) {
	server := harness.StartRedis(t, "appendfsync no") // this is about answers, not about disks
	client, err := redis.Open(redis.Config{Address: server.Addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	walks, steps := 150, 120
	if raceEnabled {
		walks = 40
	}
	verdicts := map[journal.Verdict]int{}
	for seed := range walks {
		d := newWalk(t, client, uint64(seed))
		for range steps {
			d.step(verdicts)
		}
	}
	for _, v := range []journal.Verdict{journal.Appended, journal.Repeated, journal.Conflict, journal.Older, journal.Absent, journal.Stopped} {
		if verdicts[v] < 20 {
			t.Errorf("verdict %d was given only %d times: this proves little", v, verdicts[v])
		}
	}
	t.Logf("verdicts: %v", verdicts)
}

// walk is one sequence of random steps on two games of one bucket.
type walk struct {
	*testing.T
	random *rand.Rand
	seed   uint64
	real   *journal.RedisKeys
	model  *model
	log    []string
	gens   []uint64 // generations that were answered
}

func newWalk(t *testing.T, client *redis.Client, seed uint64) *walk {
	t.Helper()
	// Each walk begins with an empty Redis and an incarnation of its own.
	if err := client.Do(t.Context(), client.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	incarnation, err := journal.AgreeOn(t.Context(), newMemory(), client)
	if err != nil {
		t.Fatal(err)
	}
	return &walk{
		T: t, random: rand.New(rand.NewPCG(seed, 9)), seed: seed,
		real: journal.NewKeys(client, incarnation, 20*time.Second), model: newModel(), gens: []uint64{0},
	}
}

func (w *walk) step(verdicts map[journal.Verdict]int) {
	w.Helper()
	ctx := context.Background()
	stream := oneBucket[w.random.IntN(len(oneBucket))]
	at := w.model.Head(stream)
	near := uint64(max(0, int64(at)+int64(w.random.IntN(7))-4))
	switch w.random.IntN(12) {
	case 0, 1, 2, 3, 4:
		expected := at
		if w.random.IntN(2) == 0 {
			expected = near
		}
		events := w.events(stream, expected)
		var seed *journal.Seed
		if w.random.IntN(2) == 0 {
			seed = &journal.Seed{Gen: w.gens[len(w.gens)-1-w.random.IntN(min(2, len(w.gens)))]}
		}
		got, err := w.real.Append(ctx, stream, expected, events, seed)
		want, _ := w.model.Append(ctx, stream, expected, events, seed)
		w.same(fmt.Sprintf("append %s at %d, %d events, seed %v", stream, expected, len(events), seed), got, want, err)
		verdicts[got.Verdict]++
		if got.Verdict == journal.Absent {
			w.gens = append(w.gens, got.Gen)
		}
	case 5, 6:
		limit := 1 + w.random.IntN(5)
		got, err := w.real.Read(ctx, stream, near, limit)
		want, _ := w.model.Read(ctx, stream, near, limit)
		w.same(fmt.Sprintf("read %s from %d, %d", stream, near, limit), plain(got), plain(want), err)
	case 7, 8:
		upTo := near
		if w.random.IntN(2) == 0 {
			upTo = at
		}
		got, err := w.real.Trim(ctx, stream, upTo)
		want, _ := w.model.Trim(ctx, stream, upTo)
		w.same(fmt.Sprintf("trim %s up to %d", stream, upTo), got, want, err)
	case 9:
		got, err := w.real.Evict(ctx, stream, 0)
		want, _ := w.model.Evict(ctx, stream, 0)
		w.same(fmt.Sprintf("evict %s", stream), got, want, err)
	case 10:
		got, err := w.real.Dirty(ctx)
		want, _ := w.model.Dirty(ctx)
		slices.Sort(got)
		w.same("dirty", len(got) == len(want) && slices.Equal(got, want), true, err)
		got, err = w.real.Idle(ctx, 0, 1000)
		want, _ = w.model.Idle(ctx, 0, 1000)
		w.same("idle", len(got) == len(want) && slices.Equal(got, want), true, err)
	case 11:
		if w.random.IntN(12) > 0 {
			return
		}
		why := fmt.Sprintf("reason %d", w.random.IntN(100))
		err := w.real.Halt(ctx, stream, why)
		_ = w.model.Halt(ctx, stream, why)
		got, err2 := w.real.Halted(ctx)
		want, _ := w.model.Halted(ctx)
		w.same("halt "+string(stream), got, want, err, err2)
	}
}

// events are of few different histories, so that repetitions and conflicts happen.
func (w *walk) events(stream event.Stream, expected uint64) []event.Recorded {
	branch := byte(w.random.IntN(3) / 2)
	events := make([]event.Recorded, 1+w.random.IntN(3))
	for i := range events {
		version := expected + 1 + uint64(i)
		events[i] = event.Recorded{
			Stream: stream, Version: version, Type: "tested.v1", Meta: []byte{0, '\n', '\r', byte(version)}, Data: []byte{},
			ID: event.ID{branch, byte(version), 0xff, '\r', '\n'},
		}
	}
	return events
}

// plain makes empty slices alike.
func plain(t journal.Tail) journal.Tail {
	if len(t.Entries) == 0 {
		t.Entries = nil
	}
	return t
}

func (w *walk) same(what string, got, want any, errs ...error) {
	w.Helper()
	w.log = append(w.log, fmt.Sprintf("%s -> %+v", what, got))
	for _, err := range errs {
		if err != nil {
			w.Fatalf("walk %d: %s: %v", w.seed, what, err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		w.Fatalf("walk %d: %s: Redis says %+v, the model %+v\n%v", w.seed, what, got, want, w.log[max(0, len(w.log)-20):])
	}
}

// A key that holds something else makes a script fail in the middle of nothing: the answer is not "certainly not done".
func TestAScriptThatFails(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	key := fmt.Sprintf("ply:journal:{%d}:tail:%s", journal.Bucket(script.Stream), script.Stream)
	r.must(r.client.Do(t.Context(), r.client.B().Set().Key(key).Value("not a stream").Build()).Error())
	err := put(j, script.Say("1"))
	if _, ok := rueidis.IsRedisErr(err); err == nil || isUnavailable(err) {
		t.Errorf("%v (%v)", err, ok)
	}
}
