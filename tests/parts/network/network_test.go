package network_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/network"
)

// twoMachines is a net with "a" and "b", at whose port 7000 an echo is, reached from Here.
func twoMachines(t *testing.T) (n *network.Net, echo func() net.Conn) {
	t.Helper()
	n = harness.NewNetwork(t)
	var addr string
	for _, name := range []string{"a", "b"} {
		p, err := n.Add(name)
		if err != nil {
			t.Fatal(err)
		}
		addr = p.Host + ":7000"
	}
	l, err := n.Listen("b", 7000)
	if err != nil {
		t.Fatal(err)
	}
	serveEcho(t, l)
	return n, func() net.Conn { return dial(t, addr) }
}

func serveEcho(t *testing.T, l net.Listener) {
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp4", addr, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// say sends a word and gives what came back within that time.
func say(t *testing.T, c net.Conn, word string, within time.Duration) string {
	t.Helper()
	if _, err := c.Write([]byte(word)); err != nil {
		t.Fatal(err)
	}
	return hear(c, len(word), within)
}

func hear(c net.Conn, size int, within time.Duration) string {
	_ = c.SetReadDeadline(time.Now().Add(within))
	answer := make([]byte, size)
	got, _ := io.ReadFull(c, answer)
	return string(answer[:got])
}

// TestCutsAndHeals: each way alone, both, and the whole machine; what was sent meanwhile comes after Heal.
func TestCutsAndHeals(t *testing.T) {
	n, echo := twoMachines(t)
	for name, cut := range map[string]func() error{
		"there":    func() error { return n.Cut(network.Here, "b") },
		"back":     func() error { return n.Cut("b", network.Here) },
		"both":     func() error { return n.CutBoth("b", network.Here) },
		"isolated": func() error { return n.Isolate("b") },
	} {
		c := echo()
		if got := say(t, c, "before", time.Minute); got != "before" {
			t.Fatalf("%s: %q", name, got)
		}
		if err := cut(); err != nil {
			t.Fatal(err)
		}
		if got := say(t, c, "during", 300*time.Millisecond); got != "" {
			t.Errorf("%s: %q came through", name, got)
		}
		if packets, err := n.Dropped(); err != nil || packets == 0 {
			t.Errorf("%s: %d packets were dropped: %v", name, packets, err)
		}
		if err := n.Heal(); err != nil {
			t.Fatal(err)
		}
		if got := hear(c, len("during"), time.Minute); got != "during" {
			t.Errorf("%s: after Heal %q", name, got)
		}
	}
	if err := n.Isolate("a"); err != nil {
		t.Fatal(err)
	}
	if got := say(t, echo(), "beside", time.Minute); got != "beside" {
		t.Errorf("with another machine cut off: %q", got)
	}
}

// TestLosesAndSlows: lossy and slow lines deliver everything, and it shows.
func TestLosesAndSlows(t *testing.T) {
	n, echo := twoMachines(t)
	if err := n.Lose(network.Here, "b", 20); err != nil {
		t.Fatal(err)
	}
	c := echo()
	for range 100 {
		if got := say(t, c, "again", time.Minute); got != "again" {
			t.Fatalf("%q", got)
		}
	}
	if packets, err := n.Dropped(); err != nil || packets == 0 {
		t.Errorf("%d packets were dropped: %v", packets, err)
	}
	if err := n.Heal(); err != nil {
		t.Fatal(err)
	}
	if err := n.Slow("b", 512); err != nil {
		t.Fatal(err)
	}
	c, began, text := echo(), time.Now(), strings.Repeat("x", 64<<10)
	if got := say(t, c, text, time.Minute); got != text {
		t.Errorf("%d of %d bytes", len(got), len(text))
	}
	if took := time.Since(began); took < 700*time.Millisecond { // 64 KiB at 512 kbit/s take 1 s
		t.Errorf("64 KiB took %v at 512 kbit/s", took)
	}
	if err := n.Heal(); err != nil {
		t.Fatal(err)
	}
	if got := say(t, echo(), text, time.Minute); got != text {
		t.Errorf("after Heal %d bytes", len(got))
	}
}

// TestCloseRemovesAll looks for what a closed net leaves behind.
func TestCloseRemovesAll(t *testing.T) {
	n, _ := twoMachines(t)
	place, err := n.Add("c")
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir("/run/netns")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	tag := strings.TrimSuffix(place.Exec[len(place.Exec)-1], "-c")
	for _, f := range left {
		if strings.HasPrefix(f.Name(), tag) {
			t.Errorf("%s is left", f.Name())
		}
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		if strings.HasPrefix(i.Name, tag) {
			t.Errorf("%s is left", i.Name)
		}
	}
}

// TestProxy: each trouble does what it says, and none does nothing.
func TestProxy(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serveEcho(t, l)
	front, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := network.NewProxy(front, l.Addr().String())
	t.Cleanup(p.Close)
	text := strings.Repeat("0123456789", 10_000)

	c := dial(t, p.Addr())
	if got := say(t, c, text, time.Minute); got != text {
		t.Fatalf("without trouble %d of %d bytes", len(got), len(text))
	}
	p.Set(network.Trouble{Delay: 100 * time.Millisecond, Jitter: 50 * time.Millisecond})
	began := time.Now()
	if got := say(t, c, text, time.Minute); got != text || time.Since(began) < 200*time.Millisecond {
		t.Errorf("late: %d bytes, the same %v, after %v", len(got), got == text, time.Since(began))
	}
	p.Set(network.Trouble{Stall: true})
	if got := say(t, c, "still", 300*time.Millisecond); got != "" {
		t.Errorf("stalled: %q", got)
	}
	p.Set(network.Trouble{})
	if got := hear(c, 5, time.Minute); got != "still" {
		t.Errorf("after the stall: %q", got)
	}
	p.Set(network.Trouble{HalfClose: true})
	if got := say(t, c, "last", time.Minute); got != "last" {
		t.Errorf("half closed: %q", got)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the echo was told of the end: %v", err)
	}
	p.Set(network.Trouble{CutAfter: 7})
	c = dial(t, p.Addr())
	if _, err := c.Write([]byte("0123456789")); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	got, err := io.ReadAll(c)
	if !errors.Is(err, syscall.ECONNRESET) || !bytes.HasPrefix([]byte("0123456"), got) {
		t.Errorf("cut after 7 bytes: %q, %v", got, err)
	}
	p.Set(network.Trouble{})
	c = dial(t, p.Addr())
	if got := say(t, c, "hello", time.Minute); got != "hello" {
		t.Errorf("anew: %q", got)
	}
	p.Reset()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	if n := p.Broken(); n < 3 {
		t.Errorf("%d connections were broken", n)
	}
}
