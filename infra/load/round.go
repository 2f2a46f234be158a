package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Figures are what one round measured.
type Figures struct {
	Name                     string
	Moves                    int // acknowledged
	Refused                  int
	Seconds                  float64
	AckP50, AckP99, AckP999  time.Duration
	DeliveryP50, DeliveryP99 time.Duration // to the other player
	WatchP50, WatchP99       time.Duration // to the watchers
	Watched                  int           // moves that reached watchers
	Holes                    uint64        // numbers that a watcher missed: always 0
	Parts                    []Use         // each process that was looked into; none = not known
	CPU                      float64       // seconds of the processor time of all; 0 = not known
	Empty, Memory            int64         // bytes of RAM that they hold, before anybody came and at the end; 0 = not known
	Sockets                  int
}

// PerSecond is the rate of acknowledged moves.
func (f Figures) PerSecond() float64 { return float64(f.Moves) / f.Seconds }

// round seats all pairs at a table, plays for the measured time, and sends them home.
type round struct {
	Config
	name   string
	table  table
	meters meters
	lines  [][]string
	out    io.Writer

	tally tally
}

// warmUp is played before anything is counted.
const warmUp = time.Second

func (r *round) run(ctx context.Context) (f Figures, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, empty, _ := r.meters.use()
	f.Empty, f.Sockets = empty.Memory, 2*r.Games+r.Watchers
	pairs, first, err := r.seat(ctx)
	var playing sync.WaitGroup
	defer func() {
		cancel() // nobody begins another game
		var leaving sync.WaitGroup
		for _, p := range pairs {
			leaving.Go(p.stop)
		}
		leaving.Wait()
		playing.Wait()
	}()
	if err != nil {
		return f, err
	}
	watchers, err := r.seatWatchers(ctx, first, pairs[0])
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, watchers.leave()) }()

	now := time.Now()
	for i, p := range pairs {
		p.begin(now.Add(time.Duration(i) * p.every / time.Duration(len(pairs))))
		playing.Go(func() { r.keepPlaying(ctx, p, i) })
	}
	r.wait(ctx, warmUp, "warming up")
	moves, refused, _ := r.tally.count()
	r.tally.acks.take()
	r.tally.deliveries.take()
	if err := watchers.tell(begin); err != nil {
		return f, err
	}
	before, _, known := r.meters.use()
	start := time.Now()
	r.wait(ctx, r.For, "playing")
	f.Name, f.Seconds = r.name, time.Since(start).Seconds()
	if after, all, ok := r.meters.use(); ok && known {
		f.Parts, f.Memory = after, all.Memory
		for i := range after {
			after[i].CPU -= before[i].CPU
			f.CPU += after[i].CPU
		}
	}
	allMoves, allRefused, failure := r.tally.count()
	f.Moves, f.Refused = allMoves-moves, allRefused-refused
	seen, err := watchers.end()
	if err != nil {
		return f, err
	}
	acks, deliveries := sorted(r.tally.acks.take()), sorted(r.tally.deliveries.take())
	f.AckP50, f.AckP99, f.AckP999 = quantile(acks, .5), quantile(acks, .99), quantile(acks, .999)
	f.DeliveryP50, f.DeliveryP99 = quantile(deliveries, .5), quantile(deliveries, .99)
	f.Watched, f.WatchP50, f.WatchP99, f.Holes = seen.Seen.count(), seen.Seen.quantile(.5), seen.Seen.quantile(.99), seen.Holes
	if f.Moves == 0 {
		return f, fmt.Errorf("no move was acknowledged against the %s: %w", r.name, failure)
	}
	return f, ctx.Err()
}

// seatAtOnce is how many pairs sit down at the same time.
const seatAtOnce = 64

func (r *round) seat(ctx context.Context) (pairs []*pair, first string, err error) {
	pairs = make([]*pair, r.Games)
	every := time.Duration(0)
	if r.Rate > 0 {
		every = time.Duration(float64(r.Games) / r.Rate * float64(time.Second))
	}
	slots := make(chan struct{}, seatAtOnce)
	var sitting sync.WaitGroup
	var mu sync.Mutex
	for i := range pairs {
		pairs[i] = &pair{table: r.table, tally: &r.tally, every: every}
		slots <- struct{}{}
		sitting.Go(func() {
			defer func() { <-slots }()
			id, failure := pairs[i].start(ctx, r.lines[i%len(r.lines)])
			mu.Lock()
			defer mu.Unlock()
			if failure != nil && err == nil {
				err = failure
			}
			if i == 0 {
				first = id
			}
		})
	}
	sitting.Wait()
	return pairs, first, err
}

// keepPlaying gives a pair a new game whenever it has played one to its end.
func (r *round) keepPlaying(ctx context.Context, p *pair, n int) {
	for next := n + 1; ; next++ {
		select {
		case <-ctx.Done():
			return
		case <-p.ended:
		}
		p.mu.Lock()
		old := p.players
		p.told = nil // the first game alone is watched
		p.mu.Unlock()
		for _, s := range old {
			s.Close()
		}
		if _, err := p.start(ctx, r.lines[next%len(r.lines)]); err != nil {
			if ctx.Err() == nil {
				r.tally.fail(err)
			}
			return
		}
		p.begin(time.Now())
	}
}

// seatWatchers has p's first game watched. The relay of the baseline has no watchers.
func (r *round) seatWatchers(ctx context.Context, id string, p *pair) (*crowd, error) {
	if r.Watchers == 0 {
		return &crowd{}, nil
	}
	each, err := openFiles()
	if err != nil {
		return nil, err
	}
	c, err := r.gather(ctx, id, int(each)-spareFiles)
	if err != nil {
		return nil, err
	}
	p.told = func(v uint64, at time.Time) {
		if err := c.tell(fmt.Sprintf(sentFormat, v, at.UnixNano())); err != nil {
			r.tally.fail(err)
		}
	}
	return c, nil
}

// wait lets time pass, with a line of progress each second.
func (r *round) wait(ctx context.Context, d time.Duration, what string) {
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	start := time.Now()
	before, _, _ := r.tally.count()
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-tick.C:
			moves, refused, _ := r.tally.count()
			fmt.Fprintf(r.out, "%s: %s %3.0f of %.0f s, %d moves, %.0f/s, %d refused\n", r.name, what,
				time.Since(start).Seconds(), d.Seconds(), moves, float64(moves-before)/time.Since(start).Seconds(), refused)
		}
	}
}
