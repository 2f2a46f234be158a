package esdbserver_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/esdbserver"
	"github.com/plygames/ply/infra/pebble"
)

// BenchmarkAppend appends one event after the other to streams of their own, on a real disk: through the server, with
// client and server in one process and on one connection, and straight to the store.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 32} { // per core
		b.Run(fmt.Sprintf("served/%d-per-core", callers), func(b *testing.B) {
			r := serveStore(b, pebble.Config{Dir: b.TempDir()}, esdbserver.Config{})
			bench(b, callers, func(caller, n int) error {
				resp, _, err := r.appendIn(b.Context(), fmt.Sprintf("game-%d", caller), at(uint64(n)-1), fresh(1)...)
				if err == nil && resp.GetSuccess() == nil {
					err = fmt.Errorf("%v", resp)
				}
				return err
			})
		})
		b.Run(fmt.Sprintf("embedded/%d-per-core", callers), func(b *testing.B) {
			s, err := pebble.Open(pebble.Config{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			bench(b, callers, func(caller, n int) error {
				stream := event.GameStream(fmt.Sprint(caller))
				return s.Append(b.Context(), stream, uint64(n), []event.Recorded{{
					Stream: stream, Version: uint64(n) + 1, ID: event.ID{byte(n), byte(n >> 8)}, Type: "thing-happened.v1", Data: []byte(`{"n":1}`),
				}})
			})
		})
	}
}

func bench(b *testing.B, callers int, one func(caller, n int) error) {
	var next atomic.Int64
	b.SetParallelism(callers)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		caller := int(next.Add(1))
		for n := 0; pb.Next(); n++ {
			if err := one(caller, n); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
}
