package fold_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"log/slog"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/projections/fold"
	"github.com/plygames/ply/projections/internal/trial"
)

// memory is a log of events in memory that is handed over in batches of a store's size.
type memory []event.Recorded

func (m memory) ReadStream(context.Context, event.Stream, uint64) iter.Seq2[event.Recorded, error] {
	return func(func(event.Recorded, error) bool) {}
}

func (m memory) ReadAll(context.Context, event.Position) iter.Seq2[event.Recorded, error] {
	return func(yield func(event.Recorded, error) bool) {
		for i := range m {
			if !yield(m[i], nil) {
				return
			}
		}
	}
}

func (m memory) SubscribeAll(ctx context.Context, _ event.Position, handle func([]event.Recorded) error) error {
	const batch = 1024
	for at := 0; at < len(m); at += batch {
		if err := handle(m[at:min(at+batch, len(m))]); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

func (m memory) Head(context.Context) (event.Position, error) { return m[len(m)-1].Position, nil }

// trivial counts the events of each type.
type trivial struct{ counter }

func (*trivial) Apply(tx *fold.Tx, rec event.Recorded) error {
	old, err := tx.Get(rec.Type)
	if err != nil {
		return err
	}
	n := make([]byte, 8)
	if old != nil {
		copy(n, old)
	}
	binary.BigEndian.PutUint64(n, binary.BigEndian.Uint64(n)+1)
	tx.Set(rec.Type, n)
	return nil
}

func (*trivial) Restore(fold.Rows) error     { return nil }
func (*trivial) Committed(map[string][]byte) {}

// BenchmarkFold folds a million events in memory with a trivial view, live and anew, on one goroutine.
func BenchmarkFold(b *testing.B) {
	types := []string{"created.v1", "seat-taken.v1", "started.v1", "move-played.v1", "ended.v1"}
	log := make(memory, 1_000_000)
	for i := range log {
		log[i] = event.Recorded{
			Stream: event.Stream(fmt.Sprintf("game-%d", i/80)), Version: uint64(i%80 + 1), Type: types[i%len(types)],
			Position: event.Position(fmt.Sprintf("%012d", i+1)),
		}
	}
	make := func() fold.View { return &trivial{} }
	silent := slog.New(slog.DiscardHandler)
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(len(log))*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	}
	b.Run("live", func(b *testing.B) {
		for b.Loop() {
			ctx, cancel := context.WithCancel(context.Background())
			f := fold.New(fold.Config{Log: log, Views: trial.NewViews(), View: make(), Logger: silent})
			done := goRun(ctx, f)
			<-f.CaughtUp()
			cancel()
			<-done
		}
		perSecond(b)
	})
	b.Run("verify", func(b *testing.B) {
		folders := trial.NewFolders()
		f := fold.New(fold.Config{Log: log, Views: folders.Live(), View: make(), Logger: silent, Folders: folders, Fresh: make})
		for b.Loop() {
			if result, err := f.Verify(context.Background(), nil); err != nil || result.Events != int64(len(log)) {
				b.Fatal(result, err)
			}
		}
		perSecond(b)
	})
}

func goRun(ctx context.Context, f *fold.Fold) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	return done
}

var _ projections.Log = memory(nil)
