package hostile_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Attackers are a process of their own, at the lowest priority: they stand for other people's machines, whose processors
// the server does not share. What they send costs the server whatever it costs.

// attackVariable holds the orders of a test process that is to attack instead of testing.
const attackVariable = "PLY_TEST_ATTACK"

// orders is what attackers are told.
type orders struct {
	Addr  string         // of the server
	Game  string         // one that may be watched
	Each  map[string]int // attackers of each kind
	Plain bool           // all from the address that the machine has
	Seats []seat         // for those of kind "lost seats"
	Spin  float64        // cores to keep busy, for comparison with attackers that take as much
}

// seat lets somebody connect to /play.
type seat struct{ Game, Token string }

// tally is what the attackers of one kind have done.
type tally struct {
	Connections, Admitted, Refused, Cut, Sent atomic.Int64
}

// MarshalJSON and UnmarshalJSON carry a tally to the test.
func (c *tally) MarshalJSON() ([]byte, error) {
	return json.Marshal([]int64{c.Connections.Load(), c.Admitted.Load(), c.Refused.Load(), c.Cut.Load(), c.Sent.Load()})
}

func (c *tally) UnmarshalJSON(b []byte) error {
	var n [5]int64
	err := json.Unmarshal(b, &n)
	for i, into := range []*atomic.Int64{&c.Connections, &c.Admitted, &c.Refused, &c.Cut, &c.Sent} {
		into.Store(n[i])
	}
	return err
}

func (c *tally) String() string {
	return fmt.Sprintf("%6d connections, %6d admitted, %6d refused, %6d cut by the server; %8d messages",
		c.Connections.Load(), c.Admitted.Load(), c.Refused.Load(), c.Cut.Load(), c.Sent.Load())
}

// attacker is one address with one connection after the other.
type attacker struct {
	orders orders
	from   net.IP
	serial int // among those of its kind
	newest *atomic.Pointer[string]
	stop   <-chan struct{}
	did    *tally
}

// link is a connection of an attacker. It ends when the attackers are called off.
type link struct {
	*attacker
	net.Conn
}

// kinds are what attackers do with a connection, which is closed when they return.
var kinds = map[string]func(l link){
	"slow requests": func(l link) { // slowloris
		for _, b := range []byte(handshake("GET /watch/" + l.orders.Game + " HTTP/1.1")) {
			if !l.send([]byte{b}) {
				return
			}
			l.pause(100 * time.Millisecond)
		}
	},
	"silence": func(l link) { l.listen() },
	"handshakes": func(l link) {
		l.upgrade("/watch/"+l.orders.Game, "")
		l.pause(20 * time.Millisecond)
	},
	"commands": func(l link) {
		l.flood(2*time.Millisecond, func(n int) []byte {
			return frame(fin|text, fmt.Appendf(nil, `{"t":"resign","id":"f%d","v":4}`, n))
		})
	},
	"pings": func(l link) {
		l.flood(2*time.Millisecond, func(int) []byte { return frame(fin|ping, []byte(marker)) })
	},
	// As fast as the server takes it: what is no message, and no frame that is answered.
	"pongs":     func(l link) { l.flood(0, torrent(frame(fin|pong, []byte(marker)))) },
	"fragments": func(l link) { l.flood(0, torrent(frame(continuation, nil)), frame(text, []byte("{"))) },
	"bad messages": func(l link) {
		l.flood(10*time.Millisecond, func(int) []byte { return frame(fin|text, []byte("null")) })
	},
	"lost watchers": func(l link) { // upgraded, and never heard of again
		if l.upgrade("/watch/"+l.orders.Game, "") {
			l.pause(time.Hour)
		}
	},
	"lost seats": func(l link) {
		s := l.orders.Seats[l.serial%len(l.orders.Seats)]
		if l.upgrade("/play/"+s.Game, s.Token) {
			l.pause(time.Hour)
		}
	},
	"slow watchers": func(l link) { // of a game that is played; they read nothing
		_ = l.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		if l.upgrade("/watch/"+*l.newest.Load()+"?from=0", "") {
			l.pause(5 * time.Second)
		}
	},
}

// torrent is one frame so often that a write of it fills a buffer.
func torrent(one []byte) func(int) []byte {
	many := slices.Repeat(one, 16<<10/len(one))
	return func(int) []byte { return many }
}

func (l link) send(b []byte) bool {
	_, err := l.Write(b)
	l.did.Sent.Add(1)
	return err == nil
}

func (l link) pause(long time.Duration) {
	select {
	case <-l.stop:
	case <-time.After(long):
	}
}

// listen reads to the end and counts it if the server made it.
func (l link) listen() {
	_, _ = io.Copy(io.Discard, l)
	select {
	case <-l.stop:
	default:
		l.did.Cut.Add(1)
	}
}

// upgrade makes a handshake and says whether it was admitted.
func (l link) upgrade(path, token string) bool {
	lines := []string(nil)
	if token != "" {
		lines = append(lines, "Authorization: Bearer "+token)
	}
	if _, err := l.Write([]byte(handshake("GET "+path+" HTTP/1.1", lines...))); err != nil {
		return false
	}
	var answer [12]byte // "HTTP/1.1 101"
	if _, err := io.ReadFull(l, answer[:]); err != nil {
		return false
	}
	if string(answer[9:]) == "101" {
		l.did.Admitted.Add(1)
		return true
	}
	l.did.Refused.Add(1)
	return false
}

// flood sends one message after the other until the server has closed, and reads all answers.
func (l link) flood(every time.Duration, next func(n int) []byte, first ...[]byte) {
	if !l.upgrade("/watch/"+l.orders.Game, "") {
		l.pause(50 * time.Millisecond)
		return
	}
	ended := make(chan struct{})
	go func() { l.listen(); close(ended) }()
	for _, b := range first {
		l.send(b)
	}
	for n := 0; l.send(next(n)); n++ {
		if every > 0 {
			l.pause(every)
		}
	}
	_ = l.Close()
	<-ended
}

// attack goes on until it is called off.
func (a *attacker) attack(do func(link)) {
	d := net.Dialer{}
	if a.from != nil {
		d.LocalAddr = &net.TCPAddr{IP: a.from}
	}
	for {
		select {
		case <-a.stop:
			return
		default:
		}
		conn, err := d.Dial("tcp", a.orders.Addr)
		if err != nil {
			link{attacker: a}.pause(10 * time.Millisecond)
			continue
		}
		a.did.Connections.Add(1)
		done := make(chan struct{})
		go func() {
			select {
			case <-a.stop:
				_ = conn.Close()
			case <-done:
			}
		}()
		do(link{a, conn})
		close(done)
		_ = conn.Close()
	}
}

// runAttackers is the process of attackers. It prints its tallies as it goes, reads the newest game to attack, and ends
// with its input.
func runAttackers(text string) error {
	var o orders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	stop := make(chan struct{})
	var newest atomic.Pointer[string]
	newest.Store(&o.Game)
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			id := strings.TrimSpace(lines.Text())
			newest.Store(&id)
		}
		close(stop)
	}()

	did := make(map[string]*tally)
	var running sync.WaitGroup
	for place, name := range slices.Sorted(maps.Keys(kinds)) {
		if o.Each[name] == 0 {
			continue
		}
		did[name] = &tally{}
		for i := range o.Each[name] {
			a := &attacker{orders: o, serial: i, newest: &newest, stop: stop, did: did[name]}
			if !o.Plain {
				a.from = net.IPv4(127, byte(10+place), byte(i/250), byte(1+i%250))
			}
			running.Go(func() { a.attack(kinds[name]) })
		}
	}
	running.Go(func() { spin(o.Spin, stop) })

	tell := time.NewTicker(50 * time.Millisecond)
	defer tell.Stop()
	for {
		if err := json.NewEncoder(os.Stdout).Encode(did); err != nil && !errors.Is(err, os.ErrClosed) {
			return err
		}
		select {
		case <-stop:
			running.Wait()
			return json.NewEncoder(os.Stdout).Encode(did)
		case <-tell.C:
		}
	}
}

// spin keeps so many cores busy, in turns of 2 ms.
func spin(cores float64, stop <-chan struct{}) {
	const turn = 2 * time.Millisecond
	var spinning sync.WaitGroup
	for ; cores > 0; cores-- {
		busy := time.Duration(float64(turn) * min(cores, 1))
		spinning.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for begun := time.Now(); time.Since(begun) < busy; {
				}
				time.Sleep(turn - busy)
			}
		})
	}
	spinning.Wait()
}
