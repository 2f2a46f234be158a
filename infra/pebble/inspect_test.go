package pebble_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	lsm "github.com/cockroachdb/pebble/v2"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
)

// looker notes how many events it was shown of each stream, and what is out of order.
type looker struct {
	t    *testing.T
	mu   *sync.Mutex
	seen map[event.Stream]uint64
	last event.Recorded
	fail error
}

func (l *looker) Take(e event.Recorded) error {
	if e.Version != l.last.Version+1 || l.last.Version > 0 && e.Stream != l.last.Stream {
		l.t.Errorf("%s %d follows %s %d", e.Stream, e.Version, l.last.Stream, l.last.Version)
	}
	l.last = e
	return l.fail
}

func (l *looker) End() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[l.last.Stream] != 0 {
		l.t.Errorf("%s is shown twice", l.last.Stream)
	}
	l.seen[l.last.Stream] = l.last.Version
	l.last = event.Recorded{}
	return nil
}

// TestInspect: in a store of several parts each stream is shown once, whole and in order, to one inspector; and ReadAll,
// which looks events up in groups, gives them in the global order, from wherever it begins.
func TestInspect(t *testing.T) {
	s := mustOpen(t, pebble.Config{Dir: t.TempDir(), LogBytes: 256 << 10})
	const games, rounds, each = 300, 20, 9 // 54,000 events; the games are played at the same time
	var wg sync.WaitGroup
	for part := range 100 {
		wg.Go(func() {
			scripts := make([]*script, 0, games/100)
			for g := part; g < games; g += 100 {
				scripts = append(scripts, newScript(nameOf(g)))
			}
			for range rounds {
				for _, game := range scripts {
					if err := appendTo(s, game.next(each)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	var mu sync.Mutex
	seen := map[event.Stream]uint64{}
	must(t, s.Inspect(t.Context(), func() pebble.Inspector { return &looker{t: t, mu: &mu, seen: seen} }, nil))
	for g := range games {
		if n := seen[event.GameStream(nameOf(g))]; n != rounds*each {
			t.Errorf("%d events of game %d are shown", n, g)
		}
	}
	if len(seen) != games {
		t.Errorf("%d streams", len(seen))
	}

	all, err := collect(s.ReadAll(t.Context(), ""))
	must(t, err)
	versions := map[event.Stream]uint64{}
	last := event.Position("")
	for i, e := range all {
		if versions[e.Stream]++; e.Version != versions[e.Stream] || e.Position <= last {
			t.Fatalf("event %d is %s %d at %s, behind %s", i, e.Stream, e.Version, e.Position, last)
		}
		last = e.Position
	}
	if len(all) != games*rounds*each {
		t.Errorf("%d events", len(all))
	}
	for _, from := range []int{0, 1, 255, 256, 257, 5000, len(all) - 2} {
		rest, err := collect(s.ReadAll(t.Context(), all[from].Position))
		must(t, err)
		if len(rest) != len(all)-from-1 || fmt.Sprint(rest[0]) != fmt.Sprint(all[from+1]) {
			t.Errorf("behind event %d there are %d, the first is %v", from, len(rest), rest[0])
		}
	}

	stop := errors.New("enough")
	mustBe(t, s.Inspect(t.Context(), func() pebble.Inspector { return &looker{t: t, mu: &mu, seen: seen, fail: stop} }, nil), stop)
}

// TestReadAllOfBigEvents: groups of events that don't fit into memory are read as smaller ones.
func TestReadAllOfBigEvents(t *testing.T) {
	s := mustOpen(t, pebble.Config{Dir: t.TempDir()})
	const n = 400
	for i := range n {
		rec := event.Recorded{Stream: event.Stream(fmt.Sprintf("big-%d", i%7)), Version: uint64(i/7 + 1), Type: "big.v1", Meta: []byte("{}"), Data: bytes.Repeat([]byte{'x'}, 60<<10)}
		rec.ID[0], rec.ID[1] = byte(i), byte(i>>8)
		must(t, s.Append(t.Context(), rec.Stream, rec.Version-1, []event.Recorded{rec}))
	}
	i := 0
	for rec, err := range s.ReadAll(t.Context(), "") {
		must(t, err)
		if rec.ID[0] != byte(i) || rec.ID[1] != byte(i>>8) || len(rec.Data) != 60<<10 {
			t.Fatalf("event %d is %s %d", i, rec.Stream, rec.Version)
		}
		i++
	}
	if i != n {
		t.Errorf("%d events", i)
	}
}

// TestVerifySeesAnotherOrder changes only the index of the global order, which Verify compares by fingerprints.
func TestVerifySeesAnotherOrder(t *testing.T) {
	at := func(p byte) []byte { return []byte{'p', 0, 0, 0, 0, 0, 0, 0, p} }
	get := func(t *testing.T, db *lsm.DB, key []byte) []byte {
		t.Helper()
		value, closer, err := db.Get(key)
		must(t, err)
		value = bytes.Clone(value)
		must(t, closer.Close())
		return value
	}
	for name, tamper := range map[string]func(t *testing.T, db *lsm.DB){
		"two places exchanged": func(t *testing.T, db *lsm.DB) {
			a, b := get(t, db, at(2)), get(t, db, at(7))
			must(t, db.Set(at(2), b, lsm.Sync))
			must(t, db.Set(at(7), a, lsm.Sync))
		},
		"an event at two places": func(t *testing.T, db *lsm.DB) {
			must(t, db.Set(at(2), get(t, db, at(7)), lsm.Sync))
		},
		"an event that does not exist": func(t *testing.T, db *lsm.DB) {
			key := get(t, db, at(2))
			key[len(key)-1] = 99
			must(t, db.Set(at(2), key, lsm.Sync))
		},
		"one event too many, with a place that is taken": func(t *testing.T, db *lsm.DB) {
			_, value := firstEvent(t, db)
			must(t, db.Set([]byte("e\x00\x05other\x00\x00\x00\x00\x00\x00\x00\x01"), value, lsm.Sync))
		},
	} {
		t.Run(name, func(t *testing.T) {
			disk := written(t, 3, 4)
			db, err := lsm.Open("data/events", &lsm.Options{FS: disk, FormatMajorVersion: lsm.FormatWALSyncChunks, Logger: quiet{}})
			must(t, err)
			tamper(t, db)
			must(t, db.Close())
			s := mustOpen(t, onMem(disk))
			var mu sync.Mutex
			seen := map[event.Stream]uint64{}
			if err := s.Inspect(context.Background(), func() pebble.Inspector { return &looker{t: t, mu: &mu, seen: seen} }, nil); err == nil {
				t.Error("not seen")
			} else {
				t.Log(err)
			}
			if _, err := collect(s.ReadAll(context.Background(), "")); err == nil && name != "one event too many, with a place that is taken" {
				t.Error("reading everything did not notice it")
			}
		})
	}
}
