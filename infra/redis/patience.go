package redis

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/plygames/ply/commands"
)

// patience bounds what a Redis that does not answer may cost those who can do without its answer: the first callers wait
// a moment, and for a while after that nobody asks at all.
type patience struct {
	most  time.Duration // for one call
	pause time.Duration // after one that took so long
	until atomic.Int64  // Unix ns; monotonic time would need a start
}

// ask calls, unless somebody has just waited in vain. The error wraps commands.ErrUnavailable if it does not.
func (p *patience) ask(ctx context.Context, call func(context.Context) error) error {
	if time.Now().UnixNano() < p.until.Load() {
		return fmt.Errorf("redis: it did not answer a moment ago: %w", commands.ErrUnavailable)
	}
	own, cancel := context.WithTimeout(ctx, p.most)
	defer cancel()
	err := call(own)
	if err != nil && own.Err() != nil && ctx.Err() == nil { // not the caller's own impatience
		p.until.Store(time.Now().Add(p.pause).UnixNano())
	}
	return err
}
