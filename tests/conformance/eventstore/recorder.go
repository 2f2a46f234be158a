package eventstore

import (
	"fmt"
	"runtime"
	"sync"
)

// Outcome is what became of a check that was run by Try.
type Outcome struct {
	Failures []string
	Skipped  bool
}

// Try runs a check without failing the test that calls it.
func Try(check Check, open func(t TB) Harness) Outcome {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.finish()
		check.Run(r, open(r))
	}()
	<-done
	return r.outcome
}

// recorder is a TB that takes notes. Fatalf ends the goroutine of the check, as testing's does.
type recorder struct {
	mu       sync.Mutex
	outcome  Outcome
	cleanups []func()
}

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcome.Failures = append(r.outcome.Failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Skipf(string, ...any) {
	r.mu.Lock()
	r.outcome.Skipped = true
	r.mu.Unlock()
	runtime.Goexit()
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

func (r *recorder) finish() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}
