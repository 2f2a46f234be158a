package eventstoredb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	esdb "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// Append implements commands.EventStore. It answers within the context and the configured deadline: after that the
// outcome is commands.ErrUnknown, unless the events certainly have not reached the server. An append that the server
// refuses to be ready for is tried again on another connection while there is time.
func (s *Store) Append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	began := time.Now()
	err := s.append(ctx, stream, expected, events)
	s.seen.Called("append", result(err), time.Since(began).Seconds())
	if err != nil {
		return fmt.Errorf("append to %s at %d: %w", stream, expected, err)
	}
	return nil
}

func (s *Store) append(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded) error {
	batch, err := s.proposed(stream, expected, events)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, s.config.Deadline)
	defer cancel()
	for {
		written, err := s.send(within, stream, expected, batch)
		if err == nil {
			if version(written.NextExpectedVersion) == expected+uint64(len(events)) {
				return nil
			}
			// It was written elsewhere (after a soft delete) or only in part recognised: believe what can be read.
			err = fmt.Errorf("the server answers with revision %d", written.NextExpectedVersion)
			s.config.Logger.Error("event store: an append ended at an unexpected revision", "stream", stream,
				"expected", expected, "events", len(events), "revision", written.NextExpectedVersion)
			return s.verify(ctx, stream, expected, events, fmt.Errorf("%w: %w", commands.ErrUnknown, err))
		}
		if errors.Is(err, commands.ErrUnavailable) { // it did not even begin
			return err
		}
		switch v := judge(err); v.kind {
		case wrongVersion:
			return s.verify(ctx, stream, expected, events, unavailable(err))
		case deleted:
			return fmt.Errorf("%w: %w", commands.ErrConflict, err)
		case away:
			if !v.lost || within.Err() != nil {
				return unavailable(err)
			}
		case refused:
			s.config.Logger.Error("event store: an append was refused", "stream", stream, "error", err)
			return unavailable(err)
		default:
			return fmt.Errorf("%w: %w", commands.ErrUnknown, err)
		}
	}
}

// send makes one call.
func (s *Store) send(ctx context.Context, stream event.Stream, expected uint64, batch []esdb.EventData) (*esdb.WriteResult, error) {
	l, err := s.gate.enter(ctx)
	if err != nil {
		return nil, err
	}
	return race(ctx, l, func(ctx context.Context, c *esdb.Client) (*esdb.WriteResult, error) {
		deadline := s.config.Deadline // the client has one of its own, of 10 s
		return c.AppendToStream(ctx, string(stream), esdb.AppendToStreamOptions{
			ExpectedRevision: expectedRevision(expected), Deadline: &deadline,
		}, batch...)
	})
}

// proposed checks an append and gives what is sent.
func (s *Store) proposed(stream event.Stream, expected uint64, events []event.Recorded) ([]esdb.EventData, error) {
	if stream == "" || strings.HasPrefix(string(stream), "$") {
		return nil, fmt.Errorf("%w: a stream can't be named %q here", ErrInvalid, string(stream))
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("%w: no events", ErrInvalid)
	}
	batch, sum := make([]esdb.EventData, len(events)), 0
	for i := range events {
		e := &events[i]
		if e.Stream != stream || e.Version != expected+1+uint64(i) || e.Type == "" || e.Type[0] == '$' || e.ID == (event.ID{}) {
			return nil, fmt.Errorf("%w: event %d is %q version %d of %s", ErrInvalid, i, e.Type, e.Version, e.Stream)
		}
		size := len(e.Data) + len(e.Meta) + 2*len(utf16.Encode([]rune(e.Type)))
		if size > s.config.MaxEventBytes {
			return nil, fmt.Errorf("%w: event %d has %d bytes; the most is %d", ErrInvalid, i, size, s.config.MaxEventBytes)
		}
		sum += size
		batch[i] = esdb.EventData{
			EventID: [16]byte(e.ID), EventType: e.Type, ContentType: esdb.ContentTypeJson, Data: e.Data, Metadata: e.Meta,
		}
	}
	if sum > s.config.MaxAppendBytes {
		return nil, fmt.Errorf("%w: its events have %d bytes; the most is %d", ErrInvalid, sum, s.config.MaxAppendBytes)
	}
	return batch, nil
}

// verify finds out what the stream holds after the server has found that it is not at the expected version. A read must
// see what the server saw: a follower may be behind, then we wait. unseen is the answer if it never shows.
func (s *Store) verify(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded, unseen error) error {
	began := time.Now()
	err := s.compare(ctx, stream, expected, events, unseen)
	s.seen.Called("verify", result(err), time.Since(began).Seconds())
	return err
}

func (s *Store) compare(ctx context.Context, stream event.Stream, expected uint64, events []event.Recorded, unseen error) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Deadline)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		from := max(expected, 1)
		there, err := s.streamPage(ctx, stream, from, len(events)+1)
		if err != nil {
			return errors.Join(unseen, err)
		}
		if len(there.events) == 0 && expected > 0 {
			return fmt.Errorf("%w: it does not reach it", commands.ErrConflict)
		}
		if expected > 0 && there.events[0].Version == expected {
			there.events = there.events[1:]
		}
		if len(there.events) > 0 {
			return same(there.events, expected, events)
		}
		if !pause(ctx, wait) { // still at the expected version: that is not what the server saw
			return unseen
		}
	}
}

// same compares what is behind the expected version with what was to be appended.
func same(there []event.Recorded, expected uint64, events []event.Recorded) error {
	for i := range events {
		switch {
		case i >= len(there):
			return fmt.Errorf("%w: it ends at %d with the first %d of %d events", commands.ErrConflict, expected+uint64(i), i, len(events))
		case there[i].Version != events[i].Version || there[i].ID != events[i].ID:
			return fmt.Errorf("%w: version %d is another event", commands.ErrConflict, events[i].Version)
		}
	}
	return nil
}
