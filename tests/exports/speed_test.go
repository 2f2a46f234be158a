//go:build linux

package exports_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	kinds "github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/projections/fold"
)

// many is a data folder of a million events and more, made by ply import: the tournament PLY_BENCH_COPIES times (40 if it
// is not set), each time with other rounds, so that all are different games. PLY_BENCH_DATA names a folder to make it in and
// to find it in the next time.
func many(b *testing.B) string {
	b.Helper()
	dir := os.Getenv("PLY_BENCH_DATA")
	if dir == "" {
		dir = filepath.Join(filepath.Dir(shared), "many")
	}
	data := filepath.Join(dir, "data")
	if _, err := os.Stat(filepath.Join(dir, "whole")); err == nil {
		return data
	}
	n := 40
	if s := os.Getenv("PLY_BENCH_COPIES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile(dortmund)
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "many.pgn"))
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if _, err := f.Write(append(bytes.ReplaceAll(text, []byte(`[Round "`), fmt.Appendf(nil, `[Round "%d.`, i+1)), '\n')); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	r := ply(b, "import", "--data", data, f.Name())
	if r.code != 1 || !bytes.Contains([]byte(r.out), fmt.Appendf(nil, "imported %d games", n*games)) {
		b.Fatalf("import: code %d, %s", r.code, r.out)
	}
	if err := os.WriteFile(filepath.Join(dir, "whole"), nil, 0o600); err != nil {
		b.Fatal(err)
	}
	return data
}

// number reads what a program says of itself.
func number(b *testing.B, text, pattern string) float64 {
	b.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		b.Fatalf("%q says nothing of %s", text, pattern)
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkVerify runs ply verify on the store: moves/s as it tells, and per second of all cores' time.
func BenchmarkVerify(b *testing.B) {
	data := many(b)
	for b.Loop() {
		r := ply(b, "verify", "--data", data)
		if r.code != 0 {
			b.Fatalf("%+v", r)
		}
		b.ReportMetric(number(b, r.out, `\((\d+) moves/s`), "moves/s")
		b.ReportMetric(number(b, r.out, `verified (\d+) events`)/r.cpu.Seconds(), "events/cpu-s")
	}
}

// BenchmarkParquet runs ply export to Parquet on the store: moves/s as it tells, and the most memory it had.
func BenchmarkParquet(b *testing.B) {
	data := many(b)
	for b.Loop() {
		r := ply(b, "export", "--data", data, "--format", "parquet", "-o", filepath.Join(b.TempDir(), "games.parquet"))
		if r.code != 0 {
			b.Fatalf("%+v", r)
		}
		b.ReportMetric(number(b, r.err, `\((\d+) moves/s`), "moves/s")
		b.ReportMetric(number(b, r.err, `with (\d+) moves`)/r.cpu.Seconds(), "moves/cpu-s")
		b.ReportMetric(float64(r.rss)/(1<<20), "MiB-RSS")
	}
}

// counting is a trivial view: it counts the events of each type.
type counting struct{}

func (counting) Name() string                { return "counting" }
func (counting) Schema() int                 { return 1 }
func (counting) Restore(fold.Rows) error     { return nil }
func (counting) Committed(map[string][]byte) {}

func (counting) Apply(tx *fold.Tx, rec event.Recorded) error {
	old, err := tx.Get(rec.Type)
	if err != nil {
		return err
	}
	n := make([]byte, 8)
	copy(n, old)
	binary.BigEndian.PutUint64(n, binary.BigEndian.Uint64(n)+1)
	tx.Set(rec.Type, n)
	return nil
}

// BenchmarkFold folds the store, from its disk into a view on disk, as a server does when a view is new. It reads
// and folds on one goroutine; events/cpu-s counts all threads' time, the collector's and the store's own included.
func BenchmarkFold(b *testing.B) {
	store, err := pebble.Open(pebble.Config{Dir: many(b)})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	events, spent, took := int64(0), time.Duration(0), time.Duration(0)
	for b.Loop() {
		other, err := pebble.Open(pebble.Config{Dir: b.TempDir()}) // the store is left as it is
		if err != nil {
			b.Fatal(err)
		}
		view, err := other.View("counting")
		if err != nil {
			b.Fatal(err)
		}
		f := fold.New(fold.Config{Log: store, Views: view, View: counting{}, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(b.Context())
		before, began := processor(b), time.Now()
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		<-f.CaughtUp()
		took += time.Since(began)
		spent += processor(b) - before
		cancel()
		if err := <-done; err != nil {
			b.Fatal(err)
		}
		n, err := strconv.ParseInt(string(f.At().Position), 16, 64)
		if err != nil {
			b.Fatal(err)
		}
		events += n
		if err := other.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events)/took.Seconds(), "events/s")
	b.ReportMetric(float64(events)/spent.Seconds(), "events/cpu-s")
}

// BenchmarkReplay replays every game of the store into its last state, as a load without a snapshot does: decoding, hash
// chain and the moves on the board, but no judging. It reads as ply verify does, on all cores; events/cpu-s is for one.
func BenchmarkReplay(b *testing.B) {
	store, err := pebble.Open(pebble.Config{Dir: many(b)})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	var events atomic.Int64
	spent, took := time.Duration(0), time.Duration(0)
	for b.Loop() {
		before, began := processor(b), time.Now()
		if err := store.Inspect(b.Context(), func() pebble.Inspector { return &replayer{events: &events} }, nil); err != nil {
			b.Fatal(err)
		}
		took += time.Since(began)
		spent += processor(b) - before
	}
	b.ReportMetric(float64(events.Load())/took.Seconds(), "events/s")
	b.ReportMetric(float64(events.Load())/spent.Seconds(), "events/cpu-s")
}

// replayer replays one game after the other.
type replayer struct {
	events *atomic.Int64
	state  *game.State // nil between games
}

// Take implements pebble.Inspector.
func (r *replayer) Take(e event.Recorded) error {
	id, ok := e.Stream.Game()
	if !ok {
		return nil
	}
	if r.state == nil {
		r.state = game.New(id)
	}
	return game.Replay(r.state, e, kinds.Kinds)
}

// End implements pebble.Inspector.
func (r *replayer) End() error {
	if r.state == nil {
		return nil
	}
	if r.state.Status != game.Over {
		return fmt.Errorf("it is %q", r.state.Status)
	}
	r.events.Add(int64(r.state.Version))
	r.state = nil
	return nil
}

// processor is how much of all cores' time this process has used.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
