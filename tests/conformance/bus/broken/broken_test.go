package broken_test

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plygames/ply/infra/bus"
	suite "github.com/plygames/ply/tests/conformance/bus"
	"github.com/plygames/ply/tests/conformance/bus/broken"
)

// verdict is a suite.TB that only notes whether a check failed.
type verdict struct {
	ctx      context.Context
	failed   atomic.Bool
	cleanups []func()
}

func (v *verdict) Helper()                  {}
func (v *verdict) Cleanup(f func())         { v.cleanups = append(v.cleanups, f) }
func (v *verdict) Context() context.Context { return v.ctx }
func (v *verdict) Errorf(string, ...any)    { v.failed.Store(true) }
func (v *verdict) Fatalf(string, ...any) {
	v.failed.Store(true)
	runtime.Goexit()
}

type counter struct{ atomic.Int64 }

func (c *counter) BadMessage() { c.Add(1) }

// rejects runs the suite until a check fails.
func rejects(t *testing.T, spoil func(bus.Bus) bus.Bus) bool {
	t.Helper()
	for _, check := range suite.Checks() {
		bad := new(counter)
		sound := bus.NewLocal(bad, slog.New(slog.NewTextHandler(io.Discard, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		v := &verdict{ctx: ctx}
		done := make(chan struct{})
		go func() {
			defer close(done)
			check.Run(v, suite.Harness{Bus: spoil(sound), Bad: func() int { return int(bad.Load()) }, Patience: 500 * time.Millisecond})
		}()
		<-done
		cancel()
		_ = sound.Close()
		for _, f := range v.cleanups {
			f()
		}
		if v.failed.Load() {
			t.Logf("rejected by: %s", check.Name)
			return true
		}
	}
	return false
}

func TestBrokenBusesAreRejected(t *testing.T) {
	for name, spoil := range broken.Faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !rejects(t, spoil) {
				t.Error("passes the suite")
			}
		})
	}
}
