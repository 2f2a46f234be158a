package lobby_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// How the lines that are waited for begin; a game's id follows.
const (
	opened = `{"t":"open","game":{"game":"`
	closed = `{"t":"closed","game":"`
)

// BenchmarkChanges makes 1,000 changes of the lobby a second, b.N in all, and measures how long after a request was sent
// that opens or closes a game the last of ten subscribers has been told (p50, p99, max): the HTTP request, the append to
// disk, the view and the socket; and beside it when the one who asked was answered (p99-ack), and how much later than that
// the subscribers were told (p99-after-ack). A change becomes durable between the request and the answer, so the time from
// there to the subscribers is between the last and the first of these. Run it with
//
//	go test -run '^$' -bench Changes -benchtime 20000x ./tests/lobby
func BenchmarkChanges(b *testing.B) {
	const rate, people, subscribers = 1000, 200, 10
	s := harness.Start(b, harness.NoLimits)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	persons := make([]*client.Client, people)
	for i := range persons {
		var err error
		if persons[i], err = s.Client().Guest(ctx, fmt.Sprint("p", i)); err != nil {
			b.Fatal(err)
		}
	}
	var mu sync.Mutex
	sent := map[string]time.Time{}  // by what is changed, as the line begins
	left := map[string]int{}        // subscribers that have not been told
	var took, acked []time.Duration // until the subscribers were told; until the one who asked was
	ackedAt, toldAt := map[string]time.Time{}, map[string]time.Time{}
	ack := func(line string, asked time.Time) {
		mu.Lock()
		defer mu.Unlock()
		acked = append(acked, time.Since(asked))
		ackedAt[line] = time.Now()
	}
	told := make(chan struct{}, 1)
	hear := func(key string, at time.Time) {
		begun, known := sent[key]
		if !known {
			return
		}
		if left[key]--; left[key] == 0 {
			took = append(took, at.Sub(begun))
			toldAt[key] = at
			delete(sent, key)
			delete(left, key)
			if len(took) == b.N {
				told <- struct{}{}
			}
		}
	}
	var reading sync.WaitGroup
	for range subscribers {
		ws, _, err := websocket.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1)+"/lobby", &websocket.DialOptions{Subprotocols: []string{"ply.v1"}})
		if err != nil {
			b.Fatal(err)
		}
		ws.SetReadLimit(-1)
		reading.Go(func() {
			defer func() { _ = ws.CloseNow() }()
			for {
				_, data, err := ws.Read(ctx)
				if err != nil {
					return
				}
				at := time.Now()
				mu.Lock()
				for _, line := range bytes.Split(data, []byte{'\n'}) {
					// Not parsed: the subscribers share the machine with the server.
					for _, prefix := range []string{opened, closed} {
						if len(line) > len(prefix)+12 && string(line[:len(prefix)]) == prefix {
							hear(string(line[:len(prefix)+12]), at)
						}
					}
				}
				mu.Unlock()
			}
		})
	}
	note := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		sent[line], left[line] = time.Now(), subscribers
	}
	b.ResetTimer()
	began := time.Now()
	turns := make(chan int, b.N)
	var working sync.WaitGroup
	for _, p := range persons { // each opens a game and closes it again
		working.Go(func() {
			var open string
			for range turns {
				if open == "" {
					id := client.NewID()
					open = commands.GameID(p.Person().ID, id)
					note(opened + open)
					asked := time.Now()
					if _, err := p.Create(ctx, client.NewGame{ID: id, Kind: "chess", Access: "open"}); err != nil {
						b.Error(err)
						return
					}
					ack(opened+open, asked)
					continue
				}
				// The one before must have been told, or the two would be taken for none.
				for waiting := true; waiting; {
					mu.Lock()
					_, waiting = sent[opened+open]
					mu.Unlock()
					if waiting {
						time.Sleep(time.Millisecond)
					}
				}
				note(closed + open)
				asked := time.Now()
				if _, err := p.Command(ctx, open, client.Command{T: "abort", ID: client.NewID(), V: 1}); err != nil {
					b.Error(err)
					return
				}
				ack(closed+open, asked)
				open = ""
			}
		})
	}
	for i := range b.N {
		if wait := time.Until(began.Add(time.Duration(i) * time.Second / rate)); wait > 0 {
			time.Sleep(wait)
		}
		turns <- i
	}
	close(turns)
	working.Wait()
	if !b.Failed() {
		select {
		case <-told:
		case <-time.After(30 * time.Second):
			b.Errorf("%d of %d changes were told", len(took), b.N)
		}
	}
	elapsed := time.Since(began)
	cancel()
	reading.Wait()
	slices.Sort(took)
	slices.Sort(acked)
	var after []time.Duration // from the answer, which says that it is durable, to the subscribers
	for line, at := range toldAt {
		after = append(after, max(0, at.Sub(ackedAt[line])))
	}
	slices.Sort(after)
	if n := len(took); n > 0 {
		b.ReportMetric(float64(n)/elapsed.Seconds(), "changes/s")
		b.ReportMetric(float64(took[n/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[n*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64(took[n-1].Microseconds())/1000, "max-ms")
		b.ReportMetric(float64(acked[len(acked)*99/100].Microseconds())/1000, "p99-ack-ms")
		b.ReportMetric(float64(after[n*99/100].Microseconds())/1000, "p99-after-ack-ms")
	}
}
