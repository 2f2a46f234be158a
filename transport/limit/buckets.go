package limit

import (
	"sync"
	"time"
)

// Buckets is one bucket of tokens for each key: it holds at most burst, and gains perSecond. Safe for concurrent use.
//
// A bucket is a single number, the moment at which it will be full again (the "virtual scheduling" form of the generic
// cell rate algorithm, ITU-T I.371 annex A): a full bucket needs no memory at all, and is forgotten.
type Buckets[K comparable] struct {
	interval time.Duration // in which one token comes back
	depth    time.Duration // in which an empty bucket gets full
	most     int           // keys in memory
	now      func() time.Time

	mu   sync.Mutex
	full map[K]time.Time // when it will be full
}

// NewBuckets makes buckets that hold burst tokens and gain perSecond. At most most keys are in memory; beyond that some
// are forgotten, which makes their buckets full. now is the time; nil = time.Now.
func NewBuckets[K comparable](perSecond, burst, most int, now func() time.Time) *Buckets[K] {
	if now == nil {
		now = time.Now
	}
	interval := time.Second / time.Duration(perSecond)
	return &Buckets[K]{interval: interval, depth: interval * time.Duration(burst), most: most, now: now,
		full: map[K]time.Time{}}
}

// Take takes a token of a key's bucket. If there is none, nothing is taken, and after is in how many ms there will be
// one.
func (b *Buckets[K]) Take(key K) (after int64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	full, known := b.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(b.interval)
	if over := full.Sub(now) - b.depth; over > 0 {
		return int64((over + time.Millisecond - 1) / time.Millisecond), false
	}
	if !known && len(b.full) >= b.most {
		b.forget(now)
	}
	b.full[key] = full
	return 0, true
}

// forget makes room: it drops the buckets that are full, and if that frees too little, others too.
func (b *Buckets[K]) forget(now time.Time) {
	for key, full := range b.full {
		if !full.After(now) {
			delete(b.full, key)
		}
	}
	for key := range b.full {
		if len(b.full) <= b.most/2 {
			return
		}
		delete(b.full, key)
	}
}

// Keys is how many keys are in memory.
func (b *Buckets[K]) Keys() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.full)
}
