package cluster_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/plygames/ply/tests/parts/network"
)

// networkFaults is the fixed list: each way in which the network fails, on each kind of line.
func (at *site) networkFaults() []netFault {
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
	}
}

// draw makes any fault.
func (at *site) draw(random *rand.Rand) netFault {
	d := time.Second + time.Duration(random.IntN(19_001))*time.Millisecond
	links := at.links()
	link := links[random.IntN(len(links))]
	names := at.apart.net.Names()[1:] // nobody plays while the public is cut off from everything
	name := names[random.IntN(len(names))]
	front := []string{"store", "redis", "kafka", "clients"}[random.IntN(4)]
	switch random.IntN(12) {
	case 0, 1, 2:
		return at.cut(link[0], link[1], random.IntN(3), d)
	case 3:
		return at.isolate(name, d)
	case 4:
		return at.lose(link[0], link[1], 1+random.IntN(20), d)
	case 5:
		return at.slow(name, 64+random.IntN(449), d)
	case 6:
		late := time.Duration(10+random.IntN(491)) * time.Millisecond
		return at.trouble(front, network.Trouble{Delay: late, Jitter: late}, d)
	case 7:
		return at.trouble(front, network.Trouble{CutAfter: int64(1 + random.IntN(20_000))}, d)
	case 8:
		return []netFault{at.reset(front), at.trouble(front, network.Trouble{Stall: true}, d),
			at.trouble("clients", network.Trouble{HalfClose: true}, d)}[random.IntN(3)]
	case 9, 10:
		parts := at.parts()
		p := parts[random.IntN(len(parts))]
		return netFault{name: "kill -9 of " + p.name, begin: func() error { p.Kill9(); p.Restart(); return nil }}
	default:
		parts := at.parts()
		p := parts[random.IntN(len(parts))]
		return netFault{name: p.name + " stands still", lasts: d,
			begin: func() error { p.Pause(); return nil }, end: func() error { p.Resume(); return nil }}
	}
}

// part is a process that can be killed and frozen.
type part struct {
	name                          string
	Kill9, Restart, Pause, Resume func()
}

func (at *site) parts() []part {
	all := []part{
		{"Redis", at.redis.Kill9, func() { at.redis.Restart() }, at.redis.Pause, at.redis.Resume},
		{"Kafka", at.kafka.Kill9, at.kafka.Restart, at.kafka.Pause, at.kafka.Resume},
		{"the store", at.store.Kill9, func() { at.store.Restart() }, at.store.Pause, at.store.Resume},
		{"HAProxy", at.proxy.Kill9, at.proxy.Restart, at.proxy.Pause, at.proxy.Resume},
	}
	for _, s := range at.servers() {
		all = append(all, part{s.Name(), s.Kill9, func() { s.Restart() }, s.Pause, s.Resume})
	}
	return all
}

// cut cuts the line between two machines: 0 both ways, 1 only from a to b, 2 only from b to a.
func (at *site) cut(a, b string, way int, d time.Duration) netFault {
	n := at.apart.net
	switch way {
	case 1:
		return netFault{name: fmt.Sprintf("cut %s -> %s", a, b), lasts: d, begin: func() error { return n.Cut(a, b) }}
	case 2:
		return netFault{name: fmt.Sprintf("cut %s -> %s", b, a), lasts: d, begin: func() error { return n.Cut(b, a) }}
	}
	return netFault{name: fmt.Sprintf("cut %s <-> %s", a, b), lasts: d, begin: func() error { return n.CutBoth(a, b) }}
}

func (at *site) isolate(name string, d time.Duration) netFault {
	return netFault{name: "cut off " + name, lasts: d, begin: func() error { return at.apart.net.Isolate(name) }}
}

func (at *site) lose(a, b string, percent int, d time.Duration) netFault {
	return netFault{name: fmt.Sprintf("lose %d %% %s <-> %s", percent, a, b), lasts: d, begin: func() error {
		if err := at.apart.net.Lose(a, b, percent); err != nil {
			return err
		}
		return at.apart.net.Lose(b, a, percent)
	}}
}

func (at *site) slow(name string, kbit int, d time.Duration) netFault {
	return netFault{name: fmt.Sprintf("%d kbit/s for %s", kbit, name), lasts: d, begin: func() error { return at.apart.net.Slow(name, kbit) }}
}

func (at *site) trouble(front string, t network.Trouble, d time.Duration) netFault {
	return netFault{name: fmt.Sprintf("before %s: %s", front, t), lasts: d, begin: func() error { at.apart.fronts[front].Set(t); return nil }}
}

func (at *site) reset(front string) netFault {
	return netFault{name: "RST on all connections of " + front, begin: func() error { at.apart.fronts[front].Reset(); return nil }}
}
