package pebble

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// request is one append on its way to the writer.
type request struct {
	stream   event.Stream
	expected uint64
	events   []event.Recorded
	size     int // bytes
	state    atomic.Int32
	done     chan error // gets exactly one answer, unless the request was withdrawn

	exact bool     // a repetition is a conflict too; see Write
	also  *request // the part of another stream, decided and written together with this one; only the head is queued
	first uint64   // position of the first event, set by the writer before it answers that it wrote
}

// touches tells whether a request writes to a stream.
func (r *request) touches(stream event.Stream) bool {
	for ; r != nil; r = r.also {
		if r.stream == stream {
			return true
		}
	}
	return false
}

const (
	waiting   = iota // nobody has decided yet
	taken            // the writer has it: its outcome is the writer's to tell
	withdrawn        // the caller gave up first: it will not be written
)

const (
	batchRequests = 1024    // per group commit
	batchBytes    = 4 << 20 // beyond this a group commit takes no more; one request may be bigger
	queueMax      = 1 << 16 // requests, those given up included
)

var errFull = fmt.Errorf("%w: %d appends are waiting", commands.ErrUnavailable, queueMax)

// queue is where appends wait for the writer. Safe for concurrent use.
type queue struct {
	mu      sync.Mutex
	more    sync.Cond
	list    []*request
	inHand  []*request // what the writer took last; after a failure, those whose outcome is not known
	refused error      // not nil: nothing is taken any more
}

func newQueue() *queue {
	q := &queue{}
	q.more.L = &q.mu
	return q
}

// put adds a request. An error means it was not added.
func (q *queue) put(r *request) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refused != nil {
		return q.careful(r.stream, q.refused)
	}
	if len(q.list) >= queueMax {
		return q.careful(r.stream, errFull)
	}
	q.list = append(q.list, r)
	if len(q.list) == 1 {
		q.more.Signal()
	}
	return nil
}

// take waits for requests and gives the writer the next ones, behind those it kept from last time. nil means that the
// queue is closed and the writer has nothing left.
func (q *queue) take(kept []*request) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := append([]*request(nil), kept...)
	size := 0
	for _, r := range batch {
		size += r.size
	}
	for {
		n := 0
		for n < len(q.list) && len(batch) < batchRequests && size < batchBytes {
			r := q.list[n]
			n++
			if r.state.CompareAndSwap(waiting, taken) {
				batch = append(batch, r)
				size += r.size
			}
		}
		left := copy(q.list, q.list[n:])
		clear(q.list[left:])
		q.list = q.list[:left]
		if len(batch) > 0 {
			q.inHand = batch
			return batch
		}
		q.inHand = nil
		if q.refused != nil {
			return nil
		}
		q.more.Wait()
	}
}

// close refuses all further requests with a reason, and those that wait too. The first reason stays.
func (q *queue) close(reason error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refused == nil {
		q.refused = reason
	}
	for _, r := range q.list {
		if r.state.CompareAndSwap(waiting, taken) {
			r.done <- q.careful(r.stream, q.refused)
		}
	}
	q.list = nil
	q.more.Signal()
}

// refuse is the answer to an append that was never taken.
func (q *queue) refuse(stream event.Stream, reason error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.careful(stream, fmt.Errorf("%w: %w", commands.ErrUnavailable, reason))
}

// careful turns a refusal into ErrUnknown while the writer holds another append to the stream whose outcome is not
// known: the one refused may be its repetition, and must not sound as if nothing had been written. Needs the lock.
func (q *queue) careful(stream event.Stream, refusal error) error {
	for _, r := range q.inHand {
		if r.touches(stream) {
			return fmt.Errorf("%w: an earlier append is not decided (%v)", commands.ErrUnknown, refusal)
		}
	}
	return refusal
}
