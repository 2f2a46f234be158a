package pebble

import (
	"fmt"
	"time"

	lsm "github.com/cockroachdb/pebble/v2"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// writer is the scratch memory of the one goroutine that writes.
type writer struct {
	touched  map[event.Stream]uint64 // streams written by the batch at hand, with their new versions
	accepted []*request
	later    []*request
	fresh    []event.Recorded // with positions
	value    []byte
}

// write is the one writer: it takes what has queued up while the last batch was synced and commits it as one, so that
// many appends share one sync, and positions are given out in the order in which they become durable.
func (s *Store) write() {
	defer s.writer.Done()
	w := &writer{touched: map[event.Stream]uint64{}}
	for {
		batch := s.queue.take(w.later)
		if batch == nil {
			return
		}
		w.later = w.later[:0]
		if err := s.commit(w, batch); err != nil {
			// The appends in hand may be on disk; they stay in the queue's hand so that a repetition is not told otherwise.
			for _, r := range batch {
				select {
				case r.done <- err:
				default: // it had its answer before the failure
				}
			}
			return
		}
	}
}

// commit decides and writes one batch. An error is the end of all writing; requests without an answer are unknown.
func (s *Store) commit(w *writer, requests []*request) error {
	if err := s.room.check(); err != nil {
		for _, r := range requests {
			r.done <- err
		}
		return nil
	}
	clear(w.touched)
	clear(w.accepted)
	clear(w.fresh)
	w.accepted, w.fresh = w.accepted[:0], w.fresh[:0]
	batch := s.events.db.NewBatch()
	position := s.head.Load()
	for _, r := range requests {
		verdict, err := s.decide(w, r)
		switch verdict {
		case refuse:
			r.done <- err
		case repeat:
			r.done <- nil
		case postpone:
			w.later = append(w.later, r)
		case accept:
			r.first = position + 1
			for part := r; part != nil; part = part.also {
				if err := w.add(batch, &position, part); err != nil {
					s.events.fuse.trip(err)
					return s.unknown(err)
				}
				s.heads.set(part.stream, part.expected+uint64(len(part.events)))
			}
			w.accepted = append(w.accepted, r)
		}
	}
	if len(w.accepted) == 0 {
		return closeBatch(batch)
	}
	bytes, began := batch.Len(), time.Now()
	if err := s.events.apply(batch); err != nil {
		return s.unknown(err)
	}
	s.seen.Batch(len(w.accepted), len(w.fresh), bytes, time.Since(began).Seconds())
	s.head.Store(position)
	s.recent.add(w.fresh)
	for _, r := range w.accepted {
		r.done <- nil
	}
	return closeBatch(batch)
}

// closeBatch gives the batch's memory back. Pebble documents no error for it.
func closeBatch(b *lsm.Batch) error {
	_ = b.Close()
	return nil
}

func (s *Store) unknown(cause error) error {
	return fmt.Errorf("%w: the write failed: %v", commands.ErrUnknown, cause)
}

// stop ends writing for good; the events folder's fuse calls it when it blows. A failed sync must never be tried again on the same file: the kernel may have dropped
// the data and would answer "ok". Only opening anew tells what is on the disk.
func (s *Store) stop(cause error) {
	s.queue.close(fmt.Errorf("%w: an earlier write failed, restart the server: %v", commands.ErrUnavailable, cause))
	s.seen.Stopped()
}

// add puts a request's events into the batch.
func (w *writer) add(batch *lsm.Batch, position *uint64, r *request) error {
	for i := range r.events {
		*position++
		e := r.events[i]
		e.Position = formatPosition(*position)
		key := eventKey(r.stream, e.Version)
		w.value = appendRecord(w.value[:0], *position, &e)
		if err := batch.Set(key, w.value, nil); err != nil {
			return err
		}
		if err := batch.Set(positionKey(*position), key, nil); err != nil {
			return err
		}
		w.fresh = append(w.fresh, e)
	}
	w.touched[r.stream] = r.expected + uint64(len(r.events))
	return nil
}

type verdict int

const (
	refuse   verdict = iota
	accept           // write it
	repeat           // it is there already
	postpone         // it depends on what this very batch writes: decided after that is durable
)

// decide is the verdict on a request: of several parts, all must be acceptable.
func (s *Store) decide(w *writer, r *request) (verdict, error) {
	for part := r.also; part != nil; part = part.also {
		if verdict, err := s.decideOne(w, part); verdict != accept {
			return verdict, err
		}
	}
	return s.decideOne(w, r)
}

// decideOne is the port's rule for an append. Everything it reads is durable, because a failed write ends the writer.
func (s *Store) decideOne(w *writer, r *request) (verdict, error) {
	head, ours := w.touched[r.stream] // heads may have forgotten it already
	if !ours {
		var err error
		if head, err = s.streamHead(r.stream, r.expected); err != nil {
			return refuse, fmt.Errorf("%w: %v", commands.ErrUnavailable, err)
		}
	}
	end := r.expected + uint64(len(r.events))
	switch {
	case head == r.expected:
		return accept, nil
	case ours:
		return postpone, nil
	case head >= end && !r.exact:
		same, err := s.sameEvents(r)
		if err != nil {
			return refuse, fmt.Errorf("%w: %v", commands.ErrUnavailable, err)
		}
		if same {
			return repeat, nil
		}
	}
	return refuse, fmt.Errorf("%w: it is at %d", commands.ErrConflict, head)
}

// streamHead is a stream's version, from memory if possible.
func (s *Store) streamHead(stream event.Stream, expected uint64) (uint64, error) {
	if head, known := s.heads.get(stream); known {
		return head, nil
	}
	head, err := s.findHead(stream, expected)
	if err != nil {
		return 0, err
	}
	s.heads.set(stream, head)
	return head, nil
}
