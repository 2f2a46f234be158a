package rest_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/rest"
	"github.com/plygames/ply/transport/wire"
)

// endless is a Bulk of one game that comes again and again, until its reader is cut; then it tells why.
type endless struct {
	rest.Bulk
	step  game.Step
	ended chan error
}

func (e *endless) Feed(ctx context.Context, _ event.Position, follow bool, see func(event.Position, game.Step) error, flush func() error) (err error) {
	for n := 1; err == nil; n++ {
		if err = see("1", e.step); err != nil && n == 1 && !follow {
			return err // it was only asked whether there is such a position
		}
		if n%100 == 0 {
			err = errors.Join(err, flush(), ctx.Err())
		}
	}
	e.ended <- err
	return err
}

func (e *endless) Export(ctx context.Context, _ string, _ rest.ExportQuery, to io.Writer) error {
	for {
		if _, err := to.Write(make([]byte, 64<<10)); err != nil || ctx.Err() != nil {
			err = errors.Join(err, ctx.Err())
			e.ended <- err
			return err
		}
	}
}

// counted counts what an Observer is told.
type counted struct {
	mu    sync.Mutex
	count map[string]int
}

func (c *counted) add(what string)                 { c.mu.Lock(); defer c.mu.Unlock(); c.count[what]++ }
func (c *counted) of(what string) int              { c.mu.Lock(); defer c.mu.Unlock(); return c.count[what] }
func (c *counted) Refused(status int, code string) { c.add(http.StatusText(status) + " " + code) }
func (c *counted) Cut(what string)                 { c.add(what) }

// people believes one token of somebody who may read everything.
type people struct{ rest.People }

func (people) Verify(string) (auth.Person, error) {
	return auth.Person{ID: "p_1", Scopes: []string{auth.ScopeReadAll}}, nil
}

// serveEndless is a server on a port of its own, over which readers come that take nothing.
func serveEndless(t *testing.T, patience time.Duration) (address string, bulk *endless, seen *counted) {
	t.Helper()
	w := newWorld(t)
	bulk = &endless{step: w.games[w.start("").game][0], ended: make(chan error, 64)}
	seen = &counted{count: map[string]int{}}
	server := httptest.NewServer(rest.New(rest.Deps{
		People: people{}, Encoder: &wire.Encoder{Names: w}, Bulk: bulk, Health: w.health, Now: time.Now, Observer: seen, Patience: patience,
		Log: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), bulk, seen
}

// begin asks for a path and reads the head of the answer, and no more.
func begin(t *testing.T, address, path string) (*http.Response, net.Conn) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: ply\r\nAuthorization: Bearer x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer, conn
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick, enough := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-enough:
			t.Fatalf("not in a minute: %s", what)
		}
	}
}

// A reader that takes nothing is cut, its place is free again, and what it has got does not look whole.
func TestSlowReadersAreCut(t *testing.T) {
	for path, what := range map[string]string{"/api/events?follow=true": "feed", "/api/events": "feed", "/api/export/games.pgn": "export"} {
		t.Run(path, func(t *testing.T) {
			address, bulk, seen := serveEndless(t, 200*time.Millisecond)
			answer, _ := begin(t, address, path)
			if answer.StatusCode != 200 {
				t.Fatal(answer.Status)
			}
			select {
			case err := <-bulk.ended:
				var timeout net.Error
				if !errors.As(err, &timeout) || !timeout.Timeout() {
					t.Errorf("cut because of %v", err)
				}
			case <-time.After(time.Minute):
				t.Fatal("not cut")
			}
			if _, err := io.Copy(io.Discard, answer.Body); err == nil {
				t.Error("the answer looks whole")
			}
			eventually(t, "it is counted", func() bool { return seen.of(what) == 1 })
		})
	}
}

// As many as there are places are served; the next one is told when to come again, and counted, until a place is free.
func TestPlacesOfReaders(t *testing.T) {
	for path, places := range map[string]int{"/api/events?follow=true": 16, "/api/export/games.ndjson": 2} {
		t.Run(path, func(t *testing.T) {
			address, bulk, seen := serveEndless(t, time.Hour)
			readers := make([]net.Conn, places)
			for i := range readers {
				answer, conn := begin(t, address, path)
				if readers[i] = conn; answer.StatusCode != 200 {
					t.Fatalf("reader %d: %s", i+1, answer.Status)
				}
			}
			const want = `{"t":"error","code":"busy","message":"as many as this server serves at once are being served","retry":true,"after":1000}`
			answer, _ := begin(t, address, path)
			text, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != 503 || strings.TrimSpace(string(text)) != want || answer.Header.Get("Retry-After") != "1" {
				t.Errorf("one too many: %s %v %s %v", answer.Status, answer.Header, text, err)
			}
			if n := seen.of("Service Unavailable busy"); n != 1 {
				t.Errorf("%d refusals are counted", n)
			}
			_ = readers[0].Close()
			<-bulk.ended
			eventually(t, "the place of a reader that has gone is free", func() bool {
				answer, conn := begin(t, address, path)
				_ = conn.Close()
				return answer.StatusCode == 200
			})
			for _, conn := range readers {
				_ = conn.Close()
			}
		})
	}
}
