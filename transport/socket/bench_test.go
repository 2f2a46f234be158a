package socket_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plygames/ply/transport/limit"
	"github.com/plygames/ply/transport/socket"
)

// counted is a socket.Observer that counts messages.
type counted struct{ messages atomic.Int64 }

func (*counted) Opened(string)         {}
func (*counted) Closed(string, string) {}
func (*counted) Refused(int)           {}
func (c *counted) Wrote(int, bool)     { c.messages.Add(1) }
func (*counted) RoundTrip(float64)     {}
func (*counted) Told(string)           {}

// fileLimit asks for as many files as may be had.
func fileLimit(tb testing.TB, need uint64) {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil && l.Cur < need {
		l.Cur = min(need, l.Max)
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
		if l.Max < need {
			tb.Skipf("needs %d open files, %d are allowed", need, l.Max)
		}
	}
}

// drainAll reads and forgets what the connections bring, with two goroutines, until they are closed.
func drainAll(conns []net.Conn) (wait func()) {
	var wg sync.WaitGroup
	for _, c := range conns {
		wg.Go(func() { _, _ = io.Copy(io.Discard, c) })
	}
	return wg.Wait
}

// BenchmarkFanOut compares one event to n watchers with a loop that writes the same frame to n sockets, in the same
// run: server's time until the last write, per event. Run with -benchtime=50x.
func BenchmarkFanOut(b *testing.B) {
	const watchers = 5000
	fileLimit(b, 2*watchers+200)
	b.Run("raw", func(b *testing.B) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer l.Close()
		var servers, clients []net.Conn
		for range watchers {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			servers, clients = append(servers, s), append(clients, c)
		}
		wait := drainAll(clients)
		payload := []byte(strings.Repeat("x", 210)) // as long as a time-added line's frame
		msg := binary.BigEndian.AppendUint16([]byte{fin | 1, 126}, uint16(len(payload)))
		msg = append(msg, payload...)
		loops := runtime.GOMAXPROCS(0)
		b.ResetTimer()
		for range b.N {
			var wg sync.WaitGroup
			for i := range loops {
				wg.Go(func() {
					for k := i; k < len(servers); k += loops {
						_, _ = servers[k].Write(msg)
					}
				})
			}
			wg.Wait()
		}
		b.StopTimer()
		for _, s := range servers {
			_ = s.Close()
		}
		wait()
		for _, c := range clients {
			_ = c.Close()
		}
	})
	b.Run("ply", func(b *testing.B) {
		seen := &counted{}
		r := newRig(b, func(c *socket.Config, d *socket.Deps) {
			d.Observer, d.Commands, c.Unlimited, c.WatchersPing = seen, limit.Off{}, true, time.Hour
		})
		r.Begin(id)
		clients := make([]net.Conn, watchers)
		for i := range clients {
			clients[i] = r.raw("/watch/"+id, "").conn
		}
		wait := drainAll(clients)
		settle(seen)
		b.ResetTimer()
		for range b.N {
			want := seen.messages.Load() + watchers
			r.Fill(id, 1)
			for seen.messages.Load() < want {
				runtime.Gosched()
			}
		}
		b.StopTimer()
		r.server.Close()
		for _, c := range clients {
			_ = c.Close()
		}
		wait()
	})
}

// settle waits until no crowd is on its way any more.
func settle(seen *counted) {
	for last := int64(-1); last != seen.messages.Load(); {
		last = seen.messages.Load()
		<-time.After(8 * time.Second)
	}
}

// BenchmarkIdleWatchers reports the server's memory for each watcher that is only there: resident, and live heap. The
// clients are in this process too, as bare sockets: their share (a net.Conn each) is measured first and taken off.
func BenchmarkIdleWatchers(b *testing.B) {
	const watchers = 5000
	fileLimit(b, 2*watchers+200)
	r := newRig(b, func(c *socket.Config, d *socket.Deps) { d.Log = slog.New(slog.DiscardHandler) })
	addr := strings.TrimPrefix(r.url, "ws://")
	sample := func() (rss, heap int64) {
		for range 3 {
			runtime.GC()
		}
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return resident(b), int64(m.HeapAlloc + m.StackInuse)
	}
	for range b.N {
		rss0, heap0 := sample()
		fds := make([]int, 0, watchers)
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			b.Fatal(err)
		}
		for range watchers {
			fds = append(fds, handshake(b, host, port))
		}
		rss1, heap1 := sample()
		b.ReportMetric(float64(rss1-rss0)/watchers, "RSS-B/watcher")
		b.ReportMetric(float64(heap1-heap0)/watchers, "heap+stack-B/watcher")
		for _, fd := range fds {
			_ = syscall.Close(fd)
		}
	}
}

// handshake opens a watcher by system calls alone, so that the client costs this process no memory.
func handshake(b *testing.B, host, port string) int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		b.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		b.Fatal(err)
	}
	to := &syscall.SockaddrInet4{Port: n}
	copy(to.Addr[:], net.ParseIP(host).To4())
	if err := syscall.Connect(fd, to); err != nil {
		b.Fatal(err)
	}
	head := "GET /watch/" + id + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ply.v1\r\n\r\n"
	if _, err := syscall.Write(fd, []byte(head)); err != nil {
		b.Fatal(err)
	}
	var buf [4096]byte
	for got := ""; !strings.Contains(got, `"live"`); { // 101, then the first message
		n, err := syscall.Read(fd, buf[:])
		if err != nil || n == 0 {
			b.Fatal("handshake", n, err)
		}
		got += string(buf[:n])
	}
	return fd
}

func resident(b *testing.B) int64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("needs /proc")
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(data), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
