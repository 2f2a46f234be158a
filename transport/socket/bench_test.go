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
			var seen *[]byte
			const longest = 32 // of a text, which may come in two pieces
			buf := make([]byte, longest+4096)
			for kept := 0; ; {
				n, err := c.Read(buf[kept:])
				if err != nil {
					return
				}
				got := buf[:kept+n]
				if text := a.text.Load(); text != seen && bytes.Contains(got, *text) {
					seen = text
					if a.left.Add(-1) == 0 {
						a.all <- struct{}{}
					}
				}
				kept = copy(buf, got[max(0, len(got)-longest):])
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

// wait ends a round.
func (a *audience) wait(b *testing.B) {
	select {
	case <-a.all:
	case <-time.After(time.Minute):
		b.Fatalf("%d of %d clients have not got %q", a.left.Load(), len(a.conns), *a.text.Load())
	}
}

func (a *audience) leave() {
	for _, c := range a.conns {
		_ = c.Close()
	}
	a.done.Wait()
}

// BenchmarkFanOut compares what happens to a watched game with loops that write the same bytes to as many sockets, in turns:
// the time until the last client has the last of it. deliveries/s are ply's, x_raw is how many times the loops' they are;
// x_raw_cpu is the same by processor time, the clients' reading included, for a machine that has more to do.
// Uncoalesced, one event is delivered at a time; of a burst, a watcher gets as much in one message as there is by then,
// and the loops write each event by itself. Nobody is pinged, for these clients do not answer. Run with -benchtime=30x.
func BenchmarkFanOut(b *testing.B) {
	b.Run("single", func(b *testing.B) { fanOut(b, 1) })
	b.Run("burst=8", func(b *testing.B) { fanOut(b, 8) })
}

func fanOut(b *testing.B, burst int) {
	const watchers = 4000
	fileLimit(b, 4*watchers+200)
	loops, rawAudience, end := rawLoops(b, watchers)
	defer end()
	r := newRig(b, func(c *socket.Config, d *socket.Deps) { c.Unlimited, c.WatchersPing = true, 1000*time.Hour })
	r.Begin(id)
	clients := make([]net.Conn, watchers)
	for i := range clients {
		clients[i] = r.raw("/watch/"+id, "").conn
	}
	a := newAudience(clients)
	defer a.leave()
	var ours, theirs, oursCPU, theirsCPU time.Duration
	round := func(version int) {
		last := rawAudience.expect(uint64(version))
		start, cpu := time.Now(), processorTime(b)
		for n := range burst {
			msg := make([]byte, 210, 230) // as long as a time-added line's frame
			if n == burst-1 {
				msg = append(msg, last...)
			}
			loops(msg[:cap(msg)])
		}
		rawAudience.wait(b)
		theirs += time.Since(start)
		theirsCPU += processorTime(b) - cpu

		a.expect(r.Version(id) + uint64(burst))
		start, cpu = time.Now(), processorTime(b)
		r.Fill(id, burst)
		a.wait(b)
		ours += time.Since(start)
		oursCPU += processorTime(b) - cpu
	}
	round(0) // the first one finds nothing warm
	ours, theirs, oursCPU, theirsCPU = 0, 0, 0, 0
	b.ResetTimer()
	for n := range b.N {
		round(n + 1)
	}
	b.StopTimer()
	deliveries := float64(burst * watchers * b.N)
	b.ReportMetric(deliveries/ours.Seconds(), "deliveries/s")
	b.ReportMetric(deliveries/theirs.Seconds(), "raw_deliveries/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x_raw")
	b.ReportMetric(theirsCPU.Seconds()/oursCPU.Seconds(), "x_raw_cpu")
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rawLoops is as many sockets, and loops that write a message to each of them: what a fan-out can't do without.
func rawLoops(b *testing.B, watchers int) (write func(msg []byte), a *audience, end func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
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
	a = newAudience(clients)
	cores := runtime.GOMAXPROCS(0)
	write = func(msg []byte) {
		var wg sync.WaitGroup
		for i := range cores {
			wg.Go(func() {
				for k := i; k < len(servers); k += cores {
					_, _ = servers[k].Write(msg)
				}
			})
		}
		wg.Wait()
	}
	return write, a, func() {
		a.leave()
		for _, s := range servers {
			_ = s.Close()
		}
		_ = l.Close()
	}
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
