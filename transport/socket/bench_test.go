package socket_test

import (
	"bytes"
	"fmt"
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

	"github.com/plygames/ply/transport/socket"
)

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

// audience reads n connections and tells when every one has got a text.
type audience struct {
	text  atomic.Pointer[[]byte]
	left  atomic.Int64
	all   chan struct{}
	conns []net.Conn
	done  sync.WaitGroup
}

func newAudience(conns []net.Conn) *audience {
	a := &audience{all: make(chan struct{}, 1), conns: conns}
	a.text.Store(new([]byte))
	for _, c := range conns {
		a.done.Go(func() {
			buf := make([]byte, 2048)
			var seen *[]byte
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if text := a.text.Load(); text != seen && bytes.Contains(buf[:n], *text) {
					seen = text
					if a.left.Add(-1) == 0 {
						a.all <- struct{}{}
					}
				}
			}
		})
	}
	return a
}

// expect begins a round; it is over when all has been received from.
func (a *audience) expect(version uint64) []byte {
	text := fmt.Appendf(nil, `"v":%d,`, version)
	a.left.Store(int64(len(a.conns)))
	a.text.Store(&text)
	return text
}

func (a *audience) leave() {
	for _, c := range a.conns {
		_ = c.Close()
	}
	a.done.Wait()
}

// BenchmarkFanOut compares one event to n watchers with a loop that writes the same frame to n sockets, in the same run:
// the time until the last client has it. Run with -benchtime=50x.
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
		a := newAudience(clients)
		loops := runtime.GOMAXPROCS(0)
		b.ResetTimer()
		for n := range b.N {
			msg := append(make([]byte, 210), a.expect(uint64(n))...) // as long as a time-added line's frame
			var wg sync.WaitGroup
			for i := range loops {
				wg.Go(func() {
					for k := i; k < len(servers); k += loops {
						_, _ = servers[k].Write(msg)
					}
				})
			}
			wg.Wait()
			<-a.all
		}
		b.StopTimer()
		a.leave()
		for _, s := range servers {
			_ = s.Close()
		}
	})
	b.Run("ply", func(b *testing.B) {
		r := newRig(b, func(c *socket.Config, d *socket.Deps) { c.Unlimited, c.WatchersPing = true, time.Hour })
		r.Begin(id)
		clients := make([]net.Conn, watchers)
		for i := range clients {
			clients[i] = r.raw("/watch/"+id, "").conn
		}
		a := newAudience(clients)
		b.ResetTimer()
		for range b.N {
			a.expect(r.Version(id) + 1)
			r.Fill(id, 1)
			<-a.all
		}
		b.StopTimer()
		a.leave()
	})
}

// BenchmarkIdleWatchers reports the server's memory for each watcher that is only there: resident, and live heap. The
// clients are in this process too, as bare sockets: their share (a net.Conn each) is measured first and taken off.
func BenchmarkIdleWatchers(b *testing.B) {
	const watchers = 5000
	fileLimit(b, 2*watchers+200)
	r := newRig(b, func(c *socket.Config, d *socket.Deps) { d.Log = slog.New(slog.DiscardHandler) })
	addr := strings.TrimPrefix(r.url, "ws://")
	sample := func() (rss, heap, stack int64) {
		for range 3 {
			runtime.GC()
		}
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return resident(b), int64(m.HeapAlloc), int64(m.StackInuse)
	}
	for range b.N {
		rss0, heap0, stack0 := sample()
		fds := make([]int, 0, watchers)
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			b.Fatal(err)
		}
		for range watchers {
			fds = append(fds, handshake(b, host, port))
		}
		rss1, heap1, stack1 := sample()
		b.ReportMetric(float64(rss1-rss0)/watchers, "RSS-B/watcher")
		b.ReportMetric(float64(heap1-heap0)/watchers, "heap-B/watcher")
		b.ReportMetric(float64(stack1-stack0)/watchers, "stack-B/watcher")
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
