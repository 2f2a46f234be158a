package harness_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
)

// ask sends Redis one command and gives the last line of an answer of so many lines; "" if none comes within that time.
func ask(addr string, within time.Duration, lines int, command string) string {
	conn, err := net.DialTimeout("tcp", addr, within)
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(within))
	_, _ = fmt.Fprintf(conn, "%s\r\n", command)
	in, last := bufio.NewReader(conn), ""
	for range lines {
		if last, err = in.ReadString('\n'); err != nil {
			return ""
		}
	}
	return strings.TrimSpace(last)
}

func TestRedisLivesThroughEverything(t *testing.T) {
	const soon = 20 * time.Second
	r := harness.StartRedis(t)
	addr := r.Addr
	if got := ask(addr, soon, 1, "SET k v"); got != "+OK" {
		t.Fatalf("SET: %q", got)
	}
	if got := ask(addr, soon, 5, "CONFIG GET appendfsync"); got != "always" {
		t.Errorf("appendfsync %q", got)
	}
	r.Pause()
	if got := ask(addr, 200*time.Millisecond, 1, "PING"); got != "" {
		t.Errorf("answers while paused: %q", got)
	}
	r.Resume()
	r.Kill9()
	if got := ask(addr, soon, 1, "PING"); got != "" {
		t.Errorf("answers after kill -9: %q", got)
	}
	r.Restart()
	if got := ask(addr, soon, 2, "GET k"); r.Addr != addr || got != "v" {
		t.Errorf("after kill -9 on %s: %q", r.Addr, got)
	}
	r.Set("maxmemory", "100mb")
	if got := ask(addr, soon, 5, "CONFIG GET maxmemory"); got != "104857600" {
		t.Errorf("maxmemory %q", got)
	}
	r.Flush()
	if got := ask(addr, soon, 1, "GET k"); got != "$-1" {
		t.Errorf("after a flush: %q", got)
	}
	r.Stop()
	r.Restart("appendfsync everysec")
	if got := ask(addr, soon, 5, "CONFIG GET appendfsync"); got != "everysec" {
		t.Errorf("appendfsync %q after a restart with another", got)
	}
}
