package lobby

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/plygames/ply/transport/wire"
)

// Game is an open game with its place in the list.
type Game struct {
	wire.Offer
	Number uint64 // ascending with the time of creation
}

// Source tells what happens to open games. Its methods are called by one goroutine.
type Source interface {
	// Wake is signalled when there is something to take.
	Wake() <-chan struct{}
	// Take gives the games that are open and have changed since the last call, and those that are not open any more. all:
	// open is everything there is.
	Take() (open []Game, closed []string, all bool)
}

// Socket is somebody who looks. Its methods must not block and not call back.
type Socket interface {
	// Full tells that an earlier message has not left yet.
	Full() bool
	// Send writes one message.
	Send(msg []byte)
}

// Config is what a Lobby needs.
type Config struct {
	Source Source
	Encode func(wire.Offer) []byte
	Gap    time.Duration // between two messages to the same socket at least; zero means 10 ms
}

// Lobby is the feed. Run it once; Join, Drained and Leave are safe for concurrent use.
type Lobby struct {
	Config

	mu       sync.Mutex
	ready    bool // the source has told what there is
	games    map[string]*offer
	viewers  map[*Viewer]struct{}
	kinds    map[string]int    // how many look at one kind of game; "" = at all
	complete map[string][]byte // the games line of a kind, made on first need
	renames  int               // how often somebody was called otherwise
}

// offer is a game that was shown.
type offer struct {
	wire.Offer
	number uint64
	kind   string
	body   []byte
}

// Viewer is a socket's place in the feed.
type Viewer struct {
	socket Socket
	kind   string
	behind bool // must be told everything
}

// New makes an empty one.
func New(c Config) *Lobby {
	if c.Gap == 0 {
		c.Gap = 10 * time.Millisecond
	}
	return &Lobby{Config: c, games: map[string]*offer{}, viewers: map[*Viewer]struct{}{}, kinds: map[string]int{},
		complete: map[string][]byte{}}
}

// Run shows what the source tells until ctx ends; it returns nil then.
func (l *Lobby) Run(ctx context.Context) error {
	gap := time.NewTimer(0)
	defer gap.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-gap.C:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.Source.Wake():
			l.show(l.Source.Take())
		}
		gap.Reset(l.Gap)
	}
}

// Join tells a socket all open games of a kind ("" = of all kinds), and from then on what changes.
func (l *Lobby) Join(s Socket, kind string) *Viewer {
	v := &Viewer{socket: s, kind: kind, behind: true}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.viewers[v] = struct{}{}
	l.kinds[kind]++
	l.catchUp(v)
	return v
}

// Leave ends a viewer.
func (l *Lobby) Leave(v *Viewer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, there := l.viewers[v]; !there {
		return
	}
	delete(l.viewers, v)
	if l.kinds[v.kind]--; l.kinds[v.kind] == 0 {
		delete(l.kinds, v.kind)
		delete(l.complete, v.kind)
	}
}

// Drained tells that a socket which was full has room again.
func (l *Lobby) Drained(v *Viewer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.catchUp(v)
}

// catchUp tells a viewer who is behind everything, if there is room. Called with mu held.
func (l *Lobby) catchUp(v *Viewer) {
	if _, there := l.viewers[v]; !there || !v.behind || !l.ready || v.socket.Full() {
		return
	}
	v.behind = false
	v.socket.Send(l.all(v.kind))
}

// all is the line of all games of a kind. Called with mu held.
func (l *Lobby) all(kind string) []byte {
	line := l.complete[kind]
	if line != nil {
		return line
	}
	var shown []*offer
	for _, o := range l.games {
		if kind == "" || o.kind == kind {
			shown = append(shown, o)
		}
	}
	slices.SortFunc(shown, func(a, b *offer) int { return cmp.Compare(a.number, b.number) })
	bodies := make([][]byte, len(shown))
	for i, o := range shown {
		bodies[i] = o.body
	}
	line = wire.LobbyGames(bodies)
	l.complete[kind] = line
	return line
}

// show takes what the source has told.
func (l *Lobby) show(open []Game, closed []string, all bool) {
	slices.SortFunc(open, func(a, b Game) int { return cmp.Compare(a.Number, b.Number) })
	l.mu.Lock()
	renames := l.renames
	l.mu.Unlock()
	encoded := make([]*offer, len(open))
	for i := range open {
		encoded[i] = &offer{Offer: open[i].Offer, number: open[i].Number, kind: open[i].Kind, body: l.Encode(open[i].Offer)}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if renames != l.renames { // meanwhile
		for _, o := range encoded {
			o.body = l.Encode(o.Offer)
		}
	}
	news := news{lines: map[string]*bytes.Buffer{}, kinds: l.kinds}
	if all {
		still := make(map[string]bool, len(open))
		for i := range open {
			still[open[i].Game] = true
		}
		for id := range l.games {
			if !still[id] {
				closed = append(closed, id)
			}
		}
	}
	for _, id := range closed {
		if o := l.games[id]; o != nil {
			delete(l.games, id)
			news.add(o.kind, wire.LobbyClosed(id))
		}
	}
	for i, o := range encoded {
		if old := l.games[open[i].Game]; old == nil || !bytes.Equal(old.body, o.body) {
			l.games[open[i].Game] = o
			news.add(o.kind, wire.LobbyOpen(o.body))
		}
	}
	if l.ready && !news.any {
		return
	}
	l.ready = true
	l.tell(news)
}

// Renamed tells that somebody is called otherwise, or nothing: what they offer is shown anew, and nobody who comes after it
// has returned is told the old name.
func (l *Lobby) Renamed(player string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renames++
	news := news{lines: map[string]*bytes.Buffer{}, kinds: l.kinds}
	for id, o := range l.games {
		if o.By != player {
			continue
		}
		if body := l.Encode(o.Offer); !bytes.Equal(o.body, body) {
			l.games[id] = &offer{Offer: o.Offer, number: o.number, kind: o.kind, body: body}
			news.add(o.kind, wire.LobbyOpen(body))
		}
	}
	if news.any {
		l.tell(news)
	}
}

// tell brings news to all who look. Called with mu held.
func (l *Lobby) tell(news news) {
	clear(l.complete)
	for v := range l.viewers {
		switch msg := news.lines[v.kind]; {
		case v.behind:
			l.catchUp(v)
		case msg == nil:
		case v.socket.Full():
			v.behind = true
		default:
			v.socket.Send(msg.Bytes())
		}
	}
}

// news is one message for each kind that somebody looks at.
type news struct {
	any   bool
	lines map[string]*bytes.Buffer
	kinds map[string]int
}

func (n *news) add(kind string, line []byte) {
	n.any = true
	for _, board := range [...]string{"", kind} {
		if n.kinds[board] == 0 {
			continue
		}
		b := n.lines[board]
		if b == nil {
			b = &bytes.Buffer{}
			n.lines[board] = b
		} else {
			b.WriteByte('\n')
		}
		b.Write(line)
	}
}
