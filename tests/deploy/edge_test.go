package deploy_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/haproxy"
)

func TestAClientCantSayWhereItComesFrom(t *testing.T) {
	c := startTopology(t)
	for _, path := range []string{"/play/k3JqT9xBv2Lm", "/watch/k3JqT9xBv2Lm", "/api/guests"} {
		s, _ := ask(t, c.URL()+path, "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 198.51.100.7, 203.0.113.9",
			"x-forwarded-for: 192.0.2.2", "Forwarded: for=192.0.2.3", "X-Real-IP: 192.0.2.4")
		if got := s.Headers["X-Forwarded-For"]; !slices.Equal(got, []string{"127.0.0.1"}) {
			t.Errorf("%s: X-Forwarded-For arrived as %q", path, got)
		}
		for _, name := range []string{"Forwarded", "X-Real-Ip"} {
			if got := s.Headers[name]; got != nil {
				t.Errorf("%s: %s arrived as %q", path, name, got)
			}
		}
	}
}

// errorObject is what the protocol says in place of an answer.
type errorObject struct {
	T, Code string
	Retry   bool
}

func refusal(t *testing.T, answer *http.Response) errorObject {
	t.Helper()
	defer func() { _ = answer.Body.Close() }()
	var e errorObject
	if err := json.NewDecoder(answer.Body).Decode(&e); err != nil || e.T != "error" {
		t.Errorf("status %d without an error object: %v", answer.StatusCode, err)
	}
	return e
}

func TestLargeHeadersAreRefused(t *testing.T) {
	c := startTopology(t)
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprintf("X-%d: y", i)
	}
	for name, test := range map[string]struct {
		headers []string
		want    int
	}{
		"7 KiB":      {[]string{"X-Long: " + strings.Repeat("x", 7<<10)}, 200},
		"9 KiB":      {[]string{"X-Long: " + strings.Repeat("x", 9<<10)}, 431},
		"14 KiB":     {[]string{"X-Long: " + strings.Repeat("x", 14<<10)}, 431},
		"200 KiB":    {[]string{"X-Long: " + strings.Repeat("x", 200<<10)}, 400},
		"90 fields":  {many[:90], 200},
		"101 fields": {many, 431},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := send(t.Context(), http.MethodGet, c.URL()+"/play/k3JqT9xBv2Lm", "", test.headers...)
			if err != nil {
				if test.want == 400 {
					return // cut while it still sent
				}
				t.Fatal(err)
			}
			if answer.StatusCode != test.want {
				t.Errorf("got %d, want %d", answer.StatusCode, test.want)
			}
			if test.want == 431 {
				if e := refusal(t, answer); e.Code != "bad_message" || e.Retry {
					t.Errorf("got %+v", e)
				}
				return
			}
			_ = answer.Body.Close()
		})
	}
}

// TestSlowRequestsAreCut lets a thousand clients begin a request and never finish it, while an honest one comes in.
func TestSlowRequestsAreCut(t *testing.T) {
	c := startTopology(t)
	beginnings := map[string]string{
		"handshake": "GET /play/k3JqT9xBv2Lm HTTP/1.1\r\nHost: a\r\nUpgra",
		"body":      "POST /api/games/k3JqT9xBv2Lm/commands HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"t\":",
		"chunks":    "POST /api/guests HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"nam\r\n",
		"silence":   "",
	}
	const each = 250
	var group sync.WaitGroup
	var mu sync.Mutex
	var lives []time.Duration
	for name, text := range beginnings {
		for range each {
			conn, err := net.Dial("tcp", c.Addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			started := time.Now()
			if _, err := io.WriteString(conn, text); err != nil {
				t.Fatal(err)
			}
			group.Go(func() {
				_ = conn.SetReadDeadline(time.Now().Add(60 * time.Second))
				answer, err := io.ReadAll(conn)
				if err != nil || (len(answer) > 0 && !strings.HasPrefix(string(answer), "HTTP/1.1 408 ")) {
					t.Errorf("%s: %q, %v", name, answer, err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				lives = append(lives, time.Since(started))
			})
		}
	}
	dialled := time.Now()
	if _, at := dial(t, c.URL()+"/play/k3JqT9xBv2Lm"); !strings.HasPrefix(at, "ws") {
		t.Errorf("an honest handshake went to %q", at)
	}
	t.Logf("an honest handshake among %d slow ones took %v", each*len(beginnings), time.Since(dialled))
	group.Wait()
	if len(lives) != each*len(beginnings) {
		t.Fatalf("%d of %d were cut", len(lives), each*len(beginnings))
	}
	t.Logf("cut after %v to %v", slices.Min(lives), slices.Max(lives))
	if d := slices.Min(lives); d < 4*time.Second {
		t.Errorf("one was cut after %v: honest clients on slow lines need 5 s", d)
	}
	if d := slices.Max(lives); d > 30*time.Second {
		t.Errorf("one was cut after %v only", d)
	}
	for _, d := range append(append(c.play, c.watch...), c.project) {
		if n := d.asked.Load(); n > 1 {
			t.Errorf("%s was troubled with %d requests that were not complete", d.name, n)
		}
	}
}

// TestAServerThatHangsMayHaveDoneIt: the answer must not be one that promises that nothing was done.
func TestAServerThatHangsMayHaveDoneIt(t *testing.T) {
	c := startTopology(t)
	id := games(1)[0]
	home := c.one(c.homes(t, []string{id})[id])
	release := home.hang()
	defer release()
	answer, err := send(harness.Within(t, 60*time.Second), http.MethodPost, c.URL()+"/api/games/"+id+"/commands", `{"t":"resign"}`)
	if err != nil {
		t.Fatal(err)
	}
	if e := refusal(t, answer); e.Code != "unknown" || !e.Retry {
		t.Errorf("%d %+v", answer.StatusCode, e)
	}
	for _, d := range c.play {
		if d != home && d.posts.Load() > 0 {
			t.Errorf("the request went on to %s although %s had received it", d.name, home.name)
		}
	}
}

func TestWithoutServersItIsUnavailable(t *testing.T) {
	c := startTopology(t)
	for _, d := range c.play {
		d.kill()
	}
	for _, d := range c.play {
		c.Await("play", d.name, haproxy.Down)
	}
	answer, err := send(t.Context(), http.MethodPost, c.URL()+"/api/games/"+games(1)[0]+"/commands", `{"t":"resign"}`)
	if err != nil {
		t.Fatal(err)
	}
	if e := refusal(t, answer); answer.StatusCode != http.StatusServiceUnavailable || e.Code != "unavailable" || !e.Retry {
		t.Errorf("%d %+v", answer.StatusCode, e)
	}
	if err := c.Healthy(harness.Within(t, 20*time.Second)); err == nil {
		t.Error("the proxy calls itself healthy without a play server")
	}
	if s, _ := ask(t, c.URL()+"/api/games"); s.Server != "project" {
		t.Errorf("lists came from %q", s.Server)
	}
}

// TestAWatcherWhoReadsNothingIsFelt floods a socket behind which nobody reads. What the proxy swallows, the server
// believes to be on its way.
func TestAWatcherWhoReadsNothingIsFelt(t *testing.T) {
	c := startTopology(t)
	conn, err := net.Dial("tcp", c.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	_, err = io.WriteString(conn, "GET /watch/flood HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	swallowed := func() int64 { return c.watch[0].flooded.Load() + c.watch[1].flooded.Load() }
	last, since := int64(-1), time.Now()
	harness.Eventually(t, 60*time.Second, "the flood stands still", func() bool {
		if now := swallowed(); now != last {
			last, since = now, time.Now()
		}
		return last > 0 && time.Since(since) > 2*time.Second
	})
	t.Logf("the way through the proxy swallowed %d bytes", last)
	if last > 512<<10 {
		t.Errorf("the way through the proxy swallowed %d bytes", last)
	}
}

func TestOperatorsSeeTheProxy(t *testing.T) {
	c := startTopology(t)
	ask(t, c.URL()+"/api/games")
	answer, err := send(t.Context(), http.MethodGet, "http://"+c.Stats+"/metrics", "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	found := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), "} "); ok {
			found[name+"}"], _ = strconv.ParseFloat(value, 64)
		}
	}
	for _, name := range []string{
		`haproxy_server_status{proxy="play",server="ws4",state="UP"}`, `haproxy_backend_active_servers{proxy="watch"}`,
	} {
		if found[name] <= 0 {
			t.Errorf("%s is %v", name, found[name])
		}
	}
	for _, path := range []string{"/metrics", "/stats"} { // the public sees neither
		if s, status := ask(t, c.URL()+path); status == http.StatusOK && s.Server != "project" {
			t.Errorf("%s is shown to the public", path)
		}
	}
	if err := c.Healthy(context.Background()); err != nil {
		t.Error(err)
	}
}
