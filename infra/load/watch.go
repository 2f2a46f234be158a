package load

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/plygames/ply/transport/client"
)

// Seats says what one process of watchers does.
type Seats struct {
	URL     string
	Game    string
	Sockets int
}

// watched is what one process of watchers tells at the end.
type watched struct {
	Seen  histogram
	Holes uint64
}

// Watch opens the sockets of one process of watchers, announces on out that all of them are live, and then obeys in,
// line by line: "sent V NS" tells when the move that makes version V was meant to be sent (Unix ns), "begin" forgets what was seen so far, and
// the end of in has everything that was seen written to out as JSON. The clock of the machine connects the processes:
// while they measure it must not be set.
func Watch(ctx context.Context, c Seats, in io.Reader, out io.Writer) error {
	if _, err := openFiles(); err != nil {
		return err
	}
	g := newGallery()
	sessions, err := g.sit(ctx, c)
	defer func() {
		var leaving sync.WaitGroup
		for _, s := range sessions {
			leaving.Go(s.Close)
		}
		leaving.Wait()
	}()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%s%d\n", watching, len(sessions)); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var v, ns int64
		if lines.Text() == begin {
			g.take()
		} else if n, err := fmt.Sscanf(lines.Text(), sentFormat, &v, &ns); n != 2 || err != nil {
			return fmt.Errorf("%q is nothing to obey", lines.Text())
		} else {
			g.sentAt(uint64(v), time.Unix(0, ns))
		}
	}
	result := watched{Seen: g.take()}
	for _, s := range sessions {
		result.Holes += s.Holes()
	}
	return errors.Join(lines.Err(), json.NewEncoder(out).Encode(result))
}

const (
	watching   = "watching "
	begin      = "begin"
	sentFormat = "sent %d %d"
)

// gallery notes when its watchers see each move. A move may be seen before this process is told when it was sent.
type gallery struct {
	mu    sync.Mutex
	sent  map[uint64]time.Time
	early map[uint64][]time.Time
	seen  histogram
}

func newGallery() *gallery {
	return &gallery{sent: map[uint64]time.Time{}, early: map[uint64][]time.Time{}, seen: histogram{}}
}

func (g *gallery) sentAt(v uint64, at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sent[v] = at
	for _, seen := range g.early[v] {
		g.seen.add(seen.Sub(at))
	}
	delete(g.early, v)
}

func (g *gallery) see(m client.Message) {
	if m.Type != "move" {
		return
	}
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if at, ok := g.sent[m.V]; ok {
		g.seen.add(now.Sub(at))
	} else {
		g.early[m.V] = append(g.early[m.V], now)
	}
}

func (g *gallery) take() histogram {
	g.mu.Lock()
	defer g.mu.Unlock()
	taken := g.seen
	g.seen, g.early = histogram{}, map[uint64][]time.Time{}
	return taken
}

// sit opens all sockets and waits until each is live, so that nobody is missing when the game begins.
func (g *gallery) sit(ctx context.Context, c Seats) ([]*client.Session, error) {
	nobody := newClient(c.URL)
	var (
		mu       sync.Mutex
		sessions []*client.Session
		failure  error
		sitting  sync.WaitGroup
	)
	slots := make(chan struct{}, seatAtOnce)
	for range c.Sockets {
		slots <- struct{}{}
		sitting.Go(func() {
			defer func() { <-slots }()
			live := make(chan struct{})
			var once sync.Once
			s, err := nobody.OpenWatch(ctx, c.Game, client.Join{Handler: func(m client.Message) {
				if m.Type == "live" {
					once.Do(func() { close(live) })
				}
				g.see(m)
			}})
			if err == nil {
				select {
				case <-live:
				case <-ctx.Done():
					err = ctx.Err()
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if s != nil {
				sessions = append(sessions, s)
			}
			if err != nil && failure == nil {
				failure = fmt.Errorf("watch: %w", err)
			}
		})
		mu.Lock()
		failed := failure
		mu.Unlock()
		if failed != nil {
			break
		}
	}
	sitting.Wait()
	return sessions, failure
}

// crowd is the watchers of one round, spread over processes because each may hold only so many sockets. tell and end may
// be called from several goroutines.
type crowd struct {
	processes []*process

	mu    sync.Mutex
	ended bool
}

// gather starts the processes and waits until every watcher sits.
func (r *round) gather(ctx context.Context, game string, each int) (*crowd, error) {
	c, urls, sockets := &crowd{}, r.watchURLs(), r.Watchers
	processes := max((sockets+each-1)/each, min(sockets, len(urls)))
	for i := range processes {
		share := sockets/processes + min(1, max(0, sockets%processes-i))
		p, err := r.start(ctx, watching, "", nil, "load-watch", "--url", urls[i%len(urls)], "--game", game, "--sockets", fmt.Sprint(share))
		if err != nil {
			return c, errors.Join(fmt.Errorf("watchers: %w", err), c.leave())
		}
		c.processes = append(c.processes, p)
		fmt.Fprintf(r.out, "%s watchers sit at %s (%d of %d processes)\n", p.told, urls[i%len(urls)], i+1, processes)
	}
	return c, nil
}

// tell writes a line to every process, until the crowd was asked for the end.
func (c *crowd) tell(line string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil
	}
	for _, p := range c.processes {
		if _, err := io.WriteString(p.in, line+"\n"); err != nil {
			return fmt.Errorf("watchers: %w", err)
		}
	}
	return nil
}

// end asks what was seen. Moves that are still on their way do not count.
func (c *crowd) end() (watched, error) {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	all := watched{Seen: histogram{}}
	for _, p := range c.processes {
		if err := p.in.Close(); err != nil {
			return all, fmt.Errorf("watchers: %w", err)
		}
	}
	for _, p := range c.processes {
		var one watched
		if err := json.NewDecoder(p.out).Decode(&one); err != nil {
			return all, fmt.Errorf("watchers: %w", err)
		}
		all.Seen.merge(one.Seen)
		all.Holes += one.Holes
	}
	return all, nil
}

// leave ends the processes.
func (c *crowd) leave() (err error) {
	for _, p := range c.processes {
		err = errors.Join(err, p.close())
	}
	return err
}
