package cluster_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/tests/parts/network"
)

// networkFaults is the fixed list: each way in which the network fails, on each kind of line; and what else a machine does.
func (at *site) networkFaults(random *rand.Rand) []netFault {
	const d = time.Second
	return []netFault{
		at.cut("1111", "store", 0, d), at.cut("2222", "store", 1, d), at.cut("1111", "redis", 2, d),
		at.cut("2222", "redis", 0, d), at.cut("relay", "kafka", 0, d), at.cut("relay", "store", 1, d),
		at.cut("1111", "kafka", 2, d), at.cut("project1", "redis", 0, d), at.cut("watch1", "kafka", 0, d),
		at.cut(network.Here, "1111", 0, d), at.cut(network.Here, "2222", 2, d),
		at.isolate("store", d), at.isolate("redis", d), at.isolate("kafka", d), at.isolate("1111", 3*time.Second),
		at.lose("1111", "store", 20, d), at.lose("2222", "redis", 20, d), at.lose("relay", "kafka", 20, d),
		at.slow("store", 512, d), at.slow("redis", 256, d), at.slow("kafka", 128, d), at.slow("1111", 128, d),
		at.trouble("store", network.Trouble{Delay: 100 * time.Millisecond, Jitter: 200 * time.Millisecond}, d),
		at.trouble("redis", network.Trouble{Delay: 50 * time.Millisecond, Jitter: 100 * time.Millisecond}, d),
		at.trouble("store", network.Trouble{CutAfter: 777}, d), at.trouble("redis", network.Trouble{CutAfter: 333}, d),
		at.trouble("kafka", network.Trouble{CutAfter: 1000}, d), at.trouble("clients", network.Trouble{CutAfter: 3000}, d),
		at.trouble("clients", network.Trouble{HalfClose: true}, d), at.trouble("store", network.Trouble{Stall: true}, d),
		at.reset("store"), at.reset("redis"), at.reset("kafka"), at.reset("clients"),
		at.full(harness.StoreReserve/2, d), at.full(0, d), at.rot(random),
		at.step("1111", time.Hour, d), at.step("2222", -4*time.Second, d), at.step("watch1", time.Minute, d), at.strobe("project1", d),
	}
}

// drawn is a way to make a fault of one kind, and how often it is taken.
type drawn struct {
	kind  string
	often int
	make  func(*rand.Rand) netFault
}

// drawable is all that can be drawn.
func (at *site) drawable() []drawn {
	links, parts, clocked := at.links(), at.parts(), at.clocked()
	names := at.apart.net.Names()[1:] // nobody plays while the public is cut off from everything
	any := func(r *rand.Rand, most time.Duration) time.Duration {
		return time.Second + time.Duration(r.Int64N(int64(most-time.Second)/1e6))*time.Millisecond
	}
	const d = 20 * time.Second
	front := func(r *rand.Rand) string { return []string{"store", "redis", "kafka", "clients"}[r.IntN(4)] }
	link := func(r *rand.Rand) (string, string) { l := links[r.IntN(len(links))]; return l[0], l[1] }
	all := []drawn{
		{"one-way cut", 6, func(r *rand.Rand) netFault { a, b := link(r); return at.cut(a, b, 1+r.IntN(2), any(r, d)) }},
		{"cut both ways", 4, func(r *rand.Rand) netFault { a, b := link(r); return at.cut(a, b, 0, any(r, d)) }},
		{"cut off", 4, func(r *rand.Rand) netFault { return at.isolate(names[r.IntN(len(names))], any(r, d)) }},
		{"loss", 4, func(r *rand.Rand) netFault { a, b := link(r); return at.lose(a, b, 1+r.IntN(20), any(r, d)) }},
		{"slow line", 4, func(r *rand.Rand) netFault { return at.slow(names[r.IntN(len(names))], 64+r.IntN(449), any(r, d)) }},
		{"delay", 4, func(r *rand.Rand) netFault {
			late := time.Duration(10+r.IntN(491)) * time.Millisecond
			return at.trouble(front(r), network.Trouble{Delay: late, Jitter: late}, any(r, d))
		}},
		{"cut mid-message", 4, func(r *rand.Rand) netFault {
			return at.trouble(front(r), network.Trouble{CutAfter: int64(1 + r.IntN(20_000))}, any(r, d))
		}},
		{"RST", 2, func(r *rand.Rand) netFault { return at.reset(front(r)) }},
		{"stall", 2, func(r *rand.Rand) netFault { return at.trouble(front(r), network.Trouble{Stall: true}, any(r, d)) }},
		{"half-close", 2, func(r *rand.Rand) netFault { return at.trouble("clients", network.Trouble{HalfClose: true}, any(r, d)) }},
		{"disk nearly full", 2, func(*rand.Rand) netFault { return at.full(harness.StoreReserve/2, 5*time.Second) }},
		{"disk full", 2, func(*rand.Rand) netFault { return at.full(0, 5*time.Second) }},
		{"clock skew", 3, func(r *rand.Rand) netFault {
			by := [...]time.Duration{time.Hour, time.Duration(1+r.IntN(60)) * time.Second, -4 * time.Second}[r.IntN(3)]
			return at.step(clocked[r.IntN(len(clocked))], by, any(r, d))
		}},
		{"clock skew", 1, func(r *rand.Rand) netFault { return at.strobe(clocked[r.IntN(len(clocked))], any(r, 5*time.Second)) }},
		{rotten, 2, at.rot},
	}
	for _, p := range parts {
		often := 2
		if p.kind == "a server" {
			often = 1
		}
		all = append(all,
			drawn{"kill -9 of " + p.kind, often, func(*rand.Rand) netFault { return p.kill() }},
			drawn{p.kind + " is away", often, func(r *rand.Rand) netFault { return p.away(any(r, d)) }},
			drawn{"SIGSTOP of " + p.kind, often, func(r *rand.Rand) netFault { return p.freeze(any(r, 30*time.Second)) }})
		if p.kind == "a server" { // R12: longer than anybody waits for it
			all = append(all, drawn{"zombie", often, func(*rand.Rand) netFault {
				f := p.freeze(30 * time.Second)
				f.kind = "zombie (SIGSTOP of a server for 30 s)"
				return f
			}})
		}
	}
	return all
}

// draw makes any fault of those.
func draw(from []drawn, random *rand.Rand) netFault {
	sum := 0
	for _, d := range from {
		sum += d.often
	}
	n := random.IntN(sum)
	for _, d := range from {
		if n -= d.often; n < 0 {
			return d.make(random)
		}
	}
	panic("unreachable")
}

// cut cuts the line between two machines: 0 both ways, 1 only from a to b, 2 only from b to a.
func (at *site) cut(a, b string, way int, d time.Duration) netFault {
	n := at.apart.net
	switch way {
	case 1:
		return netFault{kind: "one-way cut", name: fmt.Sprintf("cut %s -> %s", a, b), lasts: d, begin: func() error { return n.Cut(a, b) }}
	case 2:
		return netFault{kind: "one-way cut", name: fmt.Sprintf("cut %s -> %s", b, a), lasts: d, begin: func() error { return n.Cut(b, a) }}
	}
	return netFault{kind: "cut both ways", name: fmt.Sprintf("cut %s <-> %s", a, b), lasts: d, begin: func() error { return n.CutBoth(a, b) }}
}

func (at *site) isolate(name string, d time.Duration) netFault {
	return netFault{kind: "cut off", name: "cut off " + name, lasts: d, begin: func() error { return at.apart.net.Isolate(name) }}
}

func (at *site) lose(a, b string, percent int, d time.Duration) netFault {
	return netFault{kind: "loss", name: fmt.Sprintf("lose %d %% %s <-> %s", percent, a, b), lasts: d, begin: func() error {
		if err := at.apart.net.Lose(a, b, percent); err != nil {
			return err
		}
		return at.apart.net.Lose(b, a, percent)
	}}
}

func (at *site) slow(name string, kbit int, d time.Duration) netFault {
	return netFault{kind: "slow line", name: fmt.Sprintf("%d kbit/s for %s", kbit, name), lasts: d,
		begin: func() error { return at.apart.net.Slow(name, kbit) }}
}

func (at *site) trouble(front string, t network.Trouble, d time.Duration) netFault {
	kind := "delay"
	switch {
	case t.CutAfter > 0:
		kind = "cut mid-message"
	case t.HalfClose:
		kind = "half-close"
	case t.Stall:
		kind = "stall"
	}
	return netFault{kind: kind, name: fmt.Sprintf("before %s: %s", front, t), lasts: d,
		begin: func() error { at.apart.fronts[front].Set(t); return nil }}
}

func (at *site) reset(front string) netFault {
	return netFault{kind: "RST", name: "RST on all connections of " + front, begin: func() error { at.apart.fronts[front].Reset(); return nil }}
}
