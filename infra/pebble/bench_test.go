//go:build linux

package pebble_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/pebble"
)

// BenchmarkAppend measures durable appends of one event from a number of callers, each on its own stream. floor is
// a loop of write and fdatasync of as many bytes on the same disk, run just before: the ratio x_floor is what remains
// when the disk changes.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64, 1024} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			dir := b.TempDir()
			floor := syncsPerSecond(b, dir)
			s := mustOpen(b, pebble.Config{Dir: dir})
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			b.ResetTimer()
			for c := range callers {
				wg.Go(func() {
					game := newScript(fmt.Sprint(c))
					for left.Add(-1) >= 0 {
						if err := appendTo(s, game.next(1)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "appends/s")
			b.ReportMetric(floor, "floor/s")
			b.ReportMetric(rate/floor, "x_floor")
		})
	}
}

// syncsPerSecond is how often this disk writes 300 bytes and makes them durable.
func syncsPerSecond(b *testing.B, dir string) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "floor"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	line := make([]byte, 300)
	began, n := time.Now(), 0
	for ; time.Since(began) < 300*time.Millisecond; n++ {
		if _, err := f.Write(line); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(began).Seconds()
}

// filled is a store of games with 80 events each, written as games are played: all at the same time.
func filled(b *testing.B, dir string, games int) *pebble.Store {
	b.Helper()
	s := mustOpen(b, pebble.Config{Dir: dir})
	var wg sync.WaitGroup
	for part := range 256 {
		wg.Go(func() {
			scripts := map[int]*script{}
			for range 80 {
				for g := part; g < games; g += 256 {
					if scripts[g] == nil {
						scripts[g] = newScript(nameOf(g))
					}
					if err := appendTo(s, scripts[g].next(1)); err != nil {
						b.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	return s
}

func BenchmarkRead(b *testing.B) {
	const games = 5000
	dir := b.TempDir()
	s := filled(b, dir, games)
	ctx := context.Background()
	b.Run("stream of 80 events", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			n := 0
			for _, err := range s.ReadStream(ctx, event.GameStream(nameOf(i%games)), 1) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != 80 {
				b.Fatal(n)
			}
		}
	})
	b.Run("global order", func(b *testing.B) {
		n := 0
		for b.Loop() {
			for _, err := range s.ReadAll(ctx, "") {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if err := s.Verify(ctx, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(games*80*b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

// BenchmarkOpen is a cold start on 400,000 events.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	filled(b, dir, 5000)
	copied := b.TempDir() // what a kill leaves: the first store is still open
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := pebble.Open(pebble.Config{Dir: copied})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// nameOf scatters the games over the keys.
func nameOf(g int) string { return fmt.Sprintf("bench%07d", g*7919%1_000_003) }
