package journal_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/infra/redis/journal"
	"github.com/plygames/ply/tests/harness"
)

// BenchmarkAppend is how many moves a second are acknowledged, each caller with a game of its own, by a Redis that syncs
// every write, while flushers move them to a store in memory.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			server := harness.StartRedis(b)
			client, err := redis.Open(redis.Config{Address: server.Addr})
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			store, seen := newMemory(), &watcher{}
			j, err := journal.Open(context.Background(), store, client, journal.Options{Config: journal.Config{
				CloseWithin: time.Minute, Observer: seen,
			}})
			if err != nil {
				b.Fatal(err)
			}
			var left atomic.Int64
			left.Store(int64(b.N))
			var playing sync.WaitGroup
			b.ResetTimer()
			for range callers {
				playing.Go(func() {
					for script := game(); left.Add(-1) >= 0; {
						if err := put(j, script.Say("a move of about one hundred and fifty bytes with its metadata")); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			playing.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
			if head, _ := store.Head(context.Background()); head == "" && b.N > 0 {
				b.Error("nothing was moved to the store")
			}
		})
	}
}
