package rest_test

import (
	"bufio"
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/rest"
	"github.com/plygames/ply/transport/wire"
)

// quiet is a Bulk in which little happens: one event when it is told so.
type quiet struct {
	rest.Bulk
	step    game.Step
	happens chan event.Position
	ended   chan error
}

func (q *quiet) Feed(ctx context.Context, _ event.Position, follow bool, see func(event.Position, game.Step) error, flush func() error) (err error) {
	if !follow {
		return flush()
	}
	for err == nil {
		select {
		case at := <-q.happens:
			if err = see(at, q.step); err == nil {
				err = flush()
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	q.ended <- err
	return err
}

// A feed in which nothing happens tells so, and where its reader is; when the reader has gone, it ends.
func TestAQuietFeedIsNotSilent(t *testing.T) {
	w := newWorld(t)
	bulk := &quiet{step: w.games[w.start("").game][0], happens: make(chan event.Position), ended: make(chan error, 8)}
	server := httptest.NewServer(rest.New(rest.Deps{
		People: people{}, Encoder: &wire.Encoder{Names: w}, Bulk: bulk, Health: w.health, Now: time.Now,
		Heartbeat: 5 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	}))
	defer server.Close()
	for query, first := range map[string]string{
		"": `{"t":"heartbeat"}`, "&after=x%22y": `{"t":"heartbeat","pos":"x\"y"}`,
	} {
		answer, conn := begin(t, server.Listener.Addr().String(), "/api/events?follow=true"+query)
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		lines := bufio.NewScanner(answer.Body)
		for range 3 {
			if !lines.Scan() || lines.Text() != first {
				t.Fatalf("%q (%v), want %s", lines.Text(), lines.Err(), first)
			}
		}
		go func() { bulk.happens <- "p7" }()
		for lines.Scan() && lines.Text() == first {
		}
		if text := lines.Text(); !strings.HasPrefix(text, `{"t":"created",`) || !strings.HasSuffix(text, `,"pos":"p7"}`) {
			t.Errorf("%q (%v), want an event", text, lines.Err())
		}
		for range 3 {
			if !lines.Scan() || lines.Text() != `{"t":"heartbeat","pos":"p7"}` {
				t.Errorf("%q (%v) behind the event", lines.Text(), lines.Err())
			}
		}
		_ = conn.Close()
		select {
		case <-bulk.ended:
		case <-time.After(time.Minute):
			t.Fatal("the feed goes on without its reader")
		}
	}
}
