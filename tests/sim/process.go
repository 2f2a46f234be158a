package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
)

// process is a program that runs somewhere. It can die, and it can stand still: then nothing reaches it and nothing
// leaves it.
type process struct {
	w    *world
	name string
	died chan struct{} // closed at the death of this run

	up     bool
	paused bool
	cut    bool     // from all other processes
	held   []func() // what reached it while it stood still
}

var errDead = fmt.Errorf("%w: this process is dead", commands.ErrUnknown)

func (p *process) begin() { p.up, p.paused, p.died, p.held = true, false, make(chan struct{}), nil }

// die ends a run at once.
func (p *process) die() {
	p.up, p.paused, p.held = false, false, nil
	close(p.died)
}

func (p *process) pause() { p.paused = true }

// resume lets in what has arrived meanwhile, in order and one after the other; what arrives until then stands behind it.
func (p *process) resume() {
	run := p.died
	var next func()
	next = func() {
		switch {
		case !p.up || p.died != run:
		case len(p.held) == 0:
			p.paused = false
		default:
			do := p.held[0]
			p.held = p.held[1:]
			do()
			p.w.after(0, p.name+" goes on", next)
		}
	}
	next()
}

// reach does something in a run of the process: now, when it goes on, or never.
func (p *process) reach(run chan struct{}, do func()) {
	switch {
	case !p.up || p.died != run:
	case p.paused:
		p.held = append(p.held, do)
	default:
		do()
	}
}

// How a call between two processes ends, in thousandths.
const (
	callRefused = 4
	callLost    = 4 // on the way there
	answerLost  = 4
	callLate    = 10
	callTwice   = 10
)

// patience is how long a caller waits for an answer that does not come.
const patience = 2 * time.Second

// call is a message to another process and its answer. lost is the error when the outcome is not known. What do returns
// is decided there; it may wait.
type call struct {
	key    string
	from   *process
	to     *process
	lost   error
	repeat bool // may be carried out again later: it is the same then
	waits  bool // for something that may take long
	calm   bool // no faults but those of the processes
	do     func() (any, error)
}

type answer struct {
	value any
	err   error
}

// ask makes a call and waits for its answer, for ctx, or for the own death.
func ask[T any](ctx context.Context, c call) (T, error) {
	var none T
	w, run := c.from.w, c.from.died
	select {
	case <-run:
		return none, errDead
	default:
	}
	if err := ctx.Err(); err != nil {
		return none, fmt.Errorf("%w: %w", commands.ErrUnavailable, err)
	}
	reply := make(chan answer, 1)
	w.post(c.from.name+" asks "+c.to.name+": "+c.key, func() { w.carry(c, run, reply) })
	select {
	case a := <-reply:
		if a.err != nil {
			return none, a.err
		}
		return a.value.(T), nil
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", c.lost, ctx.Err())
	case <-run:
		return none, errDead
	}
}

var errAway = errors.New("connection refused")

// carry takes a call to its process and the answer back.
func (w *world) carry(c call, run chan struct{}, reply chan answer) {
	// Which of several goroutines of one process asked first would be chance, so one question of theirs has one answer.
	name := c.from.name + " " + c.to.name + " " + c.key
	if twins := w.twins[name]; twins != nil {
		*twins = append(*twins, reply)
		return
	}
	replies := &[]chan answer{reply}
	w.twins[name] = replies
	back := func(after time.Duration, a answer) {
		w.after(after, c.from.name+" hears of "+c.key, func() {
			c.from.reach(run, func() {
				for _, reply := range *replies {
					select {
					case reply <- a:
					default:
					}
				}
			})
		})
	}
	// Whatever happens, the caller does not wait for ever.
	within := patience
	if c.waits {
		within *= 5
	}
	back(within, answer{err: fmt.Errorf("%w: no answer", c.lost)})
	dice := w.random.IntN(1000)
	if c.calm {
		dice = 999
	}
	switch {
	case w.parted(c.from, c.to):
		return
	case dice < callRefused:
		back(0, answer{err: fmt.Errorf("%w: %w", commands.ErrUnavailable, errAway)})
		return
	case dice < callRefused+callLost:
		return
	}
	way := w.between(0, 3*time.Millisecond)
	if dice < callRefused+callLost+callLate {
		way = w.between(10*time.Millisecond, 3*time.Second)
	}
	loses := !c.calm && w.chance(answerLost)
	if c.repeat && !c.calm && w.chance(callTwice) {
		w.after(way+w.between(0, 5*time.Second), c.to.name+" is asked again: "+c.key, func() {
			if there := c.to.died; c.to.up {
				c.to.reach(there, func() { go func() { _, _ = c.do() }() })
			}
		})
	}
	w.after(way, c.to.name+" is asked: "+c.key, func() {
		there := c.to.died
		if !c.to.up {
			back(0, answer{err: fmt.Errorf("%w: %w", commands.ErrUnavailable, errAway)})
			return
		}
		c.to.reach(there, func() {
			go func() {
				v, err := c.do()
				w.post(c.to.name+" answers "+c.from.name+": "+c.key, func() {
					if loses || c.to.died != there || !c.to.up || w.parted(c.to, c.from) {
						return
					}
					c.to.reach(there, func() { back(w.between(0, 3*time.Millisecond), answer{v, err}) })
				})
			}()
		})
	})
}
