package journal_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/metrics"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
)

var _ journal.Observer = (*metrics.Journal)(nil)

// What Redis answers decides whether a move may have been made. An answer that nobody foresaw is no promise.
func TestAnswersOfRedis(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   error
	}{
		{"LOADING Redis is loading the dataset in memory", commands.ErrUnavailable},
		{"OOM command not allowed when used memory > 'maxmemory'.", commands.ErrUnavailable},
		{"READONLY You can't write against a read only replica.", commands.ErrUnavailable},
		{"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", commands.ErrUnavailable},
		{"BUSY Redis is busy running a script.", commands.ErrUnavailable},
		{"NOREPLICAS Not enough good replicas to write.", commands.ErrUnavailable},
		{"MASTERDOWN Link with MASTER is down", commands.ErrUnavailable},
		{"NOAUTH Authentication required.", commands.ErrUnavailable},
		{"NOPERM this user has no permissions to run the 'sadd' command", commands.ErrUnknown}, // may come in the middle of a script
		{"ERR something new", commands.ErrUnknown},
		{"WRONGTYPE Operation against a key holding the wrong kind of value", commands.ErrUnknown},
	} {
		t.Run(c.answer[:5], func(t *testing.T) {
			server := miniredis.RunT(t)
			client, err := redis.Open(redis.Config{Address: server.Addr()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			j := journal.New(journal.Config{Store: newMemory(), Keys: journal.NewKeys(client, "i", time.Minute)})
			server.SetError(c.answer)
			err = put(j, one())
			for _, e := range []error{commands.ErrUnavailable, commands.ErrUnknown} {
				if is := errors.Is(err, e); is != (e == c.want) {
					t.Errorf("%v: is %q: %v", err, e, is)
				}
			}
		})
	}
}

// A Redis that became a replica refuses, and what it refused was not done.
func TestReadOnlyRedis(t *testing.T) {
	r := newRig(t)
	j := r.still(r.store)
	script := game()
	first := script.Say("1")
	r.must(put(j, first))
	r.must(r.client.Do(t.Context(), r.client.B().Arbitrary("REPLICAOF", "127.0.0.1", "1").Build()).Error())
	second := script.Say("2")
	r.mustBe(put(j, second), commands.ErrUnavailable)
	r.must(r.client.Do(t.Context(), r.client.B().Arbitrary("REPLICAOF", "NO", "ONE").Build()).Error())
	if got, err := collect(j.ReadStream(t.Context(), script.Stream, 1)); err != nil || len(got) != 1 {
		t.Errorf("%d events, %v", len(got), err)
	}
	r.must(put(j, second))
	r.must(j.Flush(t.Context(), script.Stream))
	r.stored(script.Stream, slices.Concat(first, second))
}

// The buckets are part of what is stored: these figures never change.
func TestBucketsNeverChange(t *testing.T) {
	for stream, want := range map[event.Stream]int{"game-k3JqT9xBv2Lm": 647, "game-a": 813, "game-": 1022} {
		if got := journal.Bucket(stream); got != want {
			t.Errorf("%s is in bucket %d, was in %d", stream, got, want)
		}
	}
}

func one() []event.Recorded {
	script := game()
	return script.Say("1")
}
