package sim

import (
	"cmp"
	"container/heap"
	"crypto/sha256"
	"fmt"
	"hash"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// world is one run: virtual time, the seed's choices, and everything that happens, in one order. Only the goroutine that
// made it draws from random and runs events; all others block in a port until an event lets them go on.
//
// An event has an instant to itself: its place below the millisecond is its number. The product's timers run for whole
// milliseconds, so a timer keeps the place of the event that set it, and never fires together with that of another
// event: the runtime, which breaks ties at random, has none to break.
type world struct {
	began  time.Time
	random *rand.Rand
	events events
	number int64

	mu     sync.Mutex
	posted []post
	woken  chan struct{}
	twins  map[string]*[]chan answer // calls of this instant, by key

	plan          plan
	store         *store
	redis         *redis
	kafka         *kafka
	hosts         []*host
	relays        []*relayer
	tables        []*table
	calm          bool // no new faults
	closing       bool // nobody begins anything new
	astray        bool // a wall clock was off by more than a moment
	lossy         bool // the bus has lost something
	stored, acked int
	burying       sync.WaitGroup
	cover         *Cover
	links         map[link]int
	readings      map[reading]moments // under mu

	hash  hash.Hash
	trace func(string) // nil: not wanted
	count int

	wrong []string
}

// happening is something that happens at an instant.
type happening struct {
	at   time.Duration
	what string
	do   func()
}

// post is what a goroutine of the product asks of the world.
type post struct {
	key string
	do  func()
}

// place is how far apart two events are that come in the same millisecond.
const place = 16 * time.Nanosecond

func newWorld(seed uint64) *world {
	return &world{
		cover: NewCover(), twins: map[string]*[]chan answer{}, links: map[link]int{}, readings: map[reading]moments{},
		began: time.Now(), random: rand.New(rand.NewPCG(seed, 7)), woken: make(chan struct{}, 1), hash: sha256.New(),
	}
}

func (w *world) now() time.Duration { return time.Since(w.began) }

// after lets something happen after a while, rounded up to a millisecond and its own place in it.
func (w *world) after(d time.Duration, what string, do func()) time.Duration {
	return w.at(w.now()+max(d, 0), what, do)
}

func (w *world) at(when time.Duration, what string, do func()) time.Duration {
	w.number++
	at := when.Truncate(time.Millisecond) + time.Millisecond + (time.Duration(w.number)*place)%time.Millisecond
	heap.Push(&w.events, happening{at, what, do})
	return at
}

// post hands something to the world from any goroutine. What is posted in one instant is taken in the order of the keys,
// not in that of the goroutines.
func (w *world) post(key string, do func()) {
	w.mu.Lock()
	w.posted = append(w.posted, post{key, do})
	w.mu.Unlock()
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// turn lets a goroutine go on once everything else stands still, if others wait for their turn in the order of the keys.
func (w *world) turn(key string) {
	mine := make(chan struct{})
	w.post(key, func() { close(mine) })
	<-mine
}

// settle waits until nothing can go on by itself, and takes what was posted, until nothing is.
func (w *world) settle() {
	for {
		synctest.Wait()
		w.mu.Lock()
		posted := w.posted
		w.posted = nil
		w.mu.Unlock()
		if len(posted) == 0 {
			return
		}
		slices.SortStableFunc(posted, func(a, b post) int { return cmp.Compare(a.key, b.key) })
		clear(w.twins)
		for _, p := range posted {
			w.note(p.key)
			p.do()
			synctest.Wait() // so that what one sets off does not meet what the next one does
		}
	}
}

// run lets time pass until done says so, or nothing is left to happen.
func (w *world) run(done func() bool) {
	for {
		w.settle()
		if done() || len(w.events) == 0 || len(w.wrong) > 0 {
			return
		}
		timer := time.NewTimer(w.events[0].at - w.now())
		select {
		case <-timer.C:
			e := heap.Pop(&w.events).(happening)
			w.count++
			w.note(e.what)
			e.do()
		case <-w.woken:
			timer.Stop()
		}
	}
}

// apart gives what is made next timers of its own place.
func (w *world) apart() {
	w.settle()
	time.Sleep(time.Nanosecond)
}

// bury takes down what is left of a dead process, beside everything else: all its ports answer that it is dead.
func (w *world) bury(f func()) { w.burying.Go(f) }

// note writes a line of the trace.
func (w *world) note(what string) {
	fmt.Fprintf(w.hash, "%d %s\n", w.now(), what)
	if w.trace != nil {
		w.trace(fmt.Sprintf("%13.9f %s", w.now().Seconds(), what))
	}
}

// fail reports that something is not as it must be. The run ends with it.
func (w *world) fail(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	w.note("WRONG " + what)
	if len(w.wrong) < 10 {
		w.wrong = append(w.wrong, fmt.Sprintf("at %.3f s: %s", w.now().Seconds(), what))
	}
}

// chance is true n times in a thousand.
func (w *world) chance(n int) bool { return w.random.IntN(1000) < n }

// between draws a duration.
func (w *world) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.random.Int64N(int64(most-least)+1))
}

// events is a heap by time.
type events []happening

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(happening)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}
