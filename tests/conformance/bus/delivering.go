package bus

import (
	"slices"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
)

// arrive: the bytes are those that were stored, whatever they are, and no game's order changes.
func arrive(t TB, h Harness) {
	var r recorder
	subscribe(t, h, "watch", &r)
	a := newAuthor()
	want := a.many(50, 3000)
	for _, odd := range [][]byte{{0}, {0xff, 0xfe, 0}, []byte("\u2028 é"), make([]byte, 200_000)} {
		want = append(want, a.write(name(7), odd, odd))
	}
	for part := range slices.Chunk(want, 700) {
		publish(t, h, part)
	}
	h.eventually(t, "all events", func() bool { return r.has(want) })
	got, _ := r.seen()
	for i := range 50 {
		if d := difference(of(firsts(got), name(i)), of(want, name(i))); d != "" {
			t.Errorf("game %d: %s", i, d)
		}
	}
	if n := h.Bad(); n != 0 {
		t.Errorf("%d bad messages", n)
	}
}

// positioned: there is no moment after Subscribe in which something is missed.
func positioned(t TB, h Harness) {
	a := newAuthor()
	publish(t, h, a.many(10, 10))
	for range 5 {
		var r recorder
		subscribe(t, h, "watch", &r)
		want := a.many(10, 20)
		publish(t, h, want)
		h.eventually(t, "what was published right after Subscribe", func() bool { return r.has(want) })
	}
}

func everybody(t TB, h Harness) {
	var all [3]recorder
	for i := range all {
		subscribe(t, h, name(i), &all[i])
	}
	want := newAuthor().many(20, 500)
	publish(t, h, want)
	for i := range all {
		h.eventually(t, "all events", func() bool { return all[i].has(want) })
	}
}

// partitioned subscribes a recorder for each partition.
func partitioned(t TB, h Harness) []*recorder {
	t.Helper()
	all := make([]*recorder, h.Bus.Partitions())
	for i := range all {
		all[i] = new(recorder)
	}
	if err := h.Bus.SubscribePartitions(t.Context(), "watch", func(n int) bus.Handler { return all[n] }); err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	return all
}

func ownGames(t TB, h Harness) {
	if h.Bus.Partitions() < 1 {
		t.Fatalf("%d partitions", h.Bus.Partitions())
	}
	all := partitioned(t, h)
	want := newAuthor().many(100, 400)
	publish(t, h, want)
	for n, r := range all {
		var own []event.Recorded
		for _, e := range want {
			if game, _ := e.Stream.Game(); h.Bus.PartitionOf(game) == n {
				own = append(own, e)
			}
		}
		h.eventually(t, "a partition's events", func() bool { return r.has(own) })
		if got, _ := r.seen(); len(firsts(got)) != len(own) {
			t.Errorf("partition %d brought %d events, want the %d of its games", n, len(firsts(got)), len(own))
		}
	}
}

// watermarks: who has seen a watermark has seen everything up to it, on the partition that brought it, or on all.
func watermarks(t TB, h Harness) {
	var one recorder
	subscribe(t, h, "play", &one)
	all := partitioned(t, h)
	a := newAuthor()
	for range 20 {
		events := a.many(30, 100)
		publish(t, h, events)
		watermark(t, h, events[len(events)-1].Position)
	}
	last := position(a.position)
	h.eventually(t, "the last watermark", func() bool { return one.marked(last) })
	got, marks := one.seen()
	behind(t, "all partitions", got, marks, a.position)
	for n, r := range all {
		h.eventually(t, "the last watermark of a partition", func() bool { return r.marked(last) })
		got, marks := r.seen()
		whole := 0
		for i := range 30 {
			if h.Bus.PartitionOf(name(i)) == n {
				whole += len(of(firsts(got), name(i)))
			}
		}
		behind(t, "one partition", got, marks, whole)
	}
}

// behind: before each watermark stands every event up to it. whole is how many events there should be.
func behind(t TB, who string, got []event.Recorded, marks []mark, whole int) {
	t.Helper()
	if n := len(firsts(got)); n != whole {
		t.Errorf("%s: %d events, want %d", who, n, whole)
	}
	for _, m := range marks {
		for i := m.behind; i < len(got); i++ {
			if got[i].Position <= m.at && !slices.ContainsFunc(got[:m.behind], func(e event.Recorded) bool { return e.ID == got[i].ID }) {
				t.Errorf("%s: event at %s came after watermark %s", who, got[i].Position, m.at)
				return
			}
		}
	}
}

// heartbeat: silence means that the bus stands still, so it must not mean anything else.
func heartbeat(t TB, h Harness) {
	var one recorder
	subscribe(t, h, "play", &one)
	all := partitioned(t, h)
	for n := 1; n <= 3; n++ {
		watermark(t, h, "0000000042")
		h.eventually(t, "a watermark", func() bool { _, marks := one.seen(); return len(marks) >= n })
		for _, r := range all {
			h.eventually(t, "a watermark of each partition", func() bool { _, marks := r.seen(); return len(marks) >= n })
		}
	}
}

// again: a relay that starts again repeats. Readers go by the versions; the bus must not mind.
func again(t TB, h Harness) {
	var r recorder
	subscribe(t, h, "watch", &r)
	a := newAuthor()
	first := a.many(5, 50)
	publish(t, h, first)
	publish(t, h, first[20:])
	more := a.many(5, 50)
	publish(t, h, more)
	h.eventually(t, "all events", func() bool { return r.has(first) && r.has(more) })
	got, _ := r.seen()
	for i := range 5 {
		if d := difference(of(firsts(got), name(i)), append(of(first, name(i)), of(more, name(i))...)); d != "" {
			t.Errorf("game %d: %s", i, d)
		}
	}
}
