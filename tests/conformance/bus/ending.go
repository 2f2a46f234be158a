package bus

import (
	"context"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
)

func subscribe(t TB, h Harness, name string, to bus.Handler) {
	t.Helper()
	if err := h.Bus.Subscribe(t.Context(), name, to); err != nil {
		t.Fatalf("subscribe: %v", err)
	}
}

func publish(t TB, h Harness, events []event.Recorded) {
	t.Helper()
	if err := h.Bus.Publish(t.Context(), events); err != nil {
		t.Fatalf("publish: %v", err)
	}
}

func watermark(t TB, h Harness, at event.Position) {
	t.Helper()
	if err := h.Bus.Watermark(t.Context(), at); err != nil {
		t.Fatalf("watermark: %v", err)
	}
}

func triedAgain(t TB, h Harness) {
	r := recorder{panics: 2}
	subscribe(t, h, "watch", &r)
	want := newAuthor().one(name(1))
	publish(t, h, want)
	h.eventually(t, "the event after two panics", func() bool { return r.has(want) })
	if n := h.Bad(); n != 0 {
		t.Errorf("%d bad messages", n)
	}
}

func skipped(t TB, h Harness) {
	r := recorder{panics: 1000}
	subscribe(t, h, "watch", &r)
	a := newAuthor()
	publish(t, h, a.one(name(1)))
	h.eventually(t, "a bad message is counted", func() bool { return h.Bad() == 1 })
	r.mu.Lock()
	r.panics = 0
	r.mu.Unlock()
	want := a.one(name(1))
	publish(t, h, want)
	h.eventually(t, "the event behind the gap", func() bool { return r.has(want) })
	if got, _ := r.seen(); len(firsts(got)) != 1 {
		t.Errorf("%d events, want the one behind the gap", len(got))
	}
}

func oneAtATime(t TB, h Harness) {
	var r recorder
	subscribe(t, h, "watch", &r)
	a := newAuthor()
	want := a.many(64, 2000)
	publish(t, h, want)
	watermark(t, h, position(a.position))
	h.eventually(t, "all events", func() bool { return r.has(want) && r.marked(position(a.position)) })
	if r.clash.Load() {
		t.Errorf("the handler was called twice at once")
	}
}

func subscriptionContext(t TB, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var gone, stays recorder
	if err := h.Bus.Subscribe(ctx, "gone", &gone); err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	subscribe(t, h, "stays", &stays)
	a := newAuthor()
	first := a.one(name(1))
	publish(t, h, first)
	h.eventually(t, "an event on both", func() bool { return gone.has(first) && stays.has(first) })
	cancel()
	// The end takes effect soon, not at once; a Publish that meets it must not hang.
	h.eventually(t, "the subscription ends", func() bool {
		next := a.one(name(1))
		publish(t, h, next)
		h.eventually(t, "the other subscription goes on", func() bool { return stays.has(next) })
		return !gone.has(next)
	})
}

func publishContext(t TB, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := newAuthor()
	if err := h.Bus.Publish(ctx, a.one(name(1))); err == nil {
		t.Errorf("published with an ended context")
	}
	if err := h.Bus.Watermark(ctx, "1"); err == nil {
		t.Errorf("a watermark with an ended context")
	}
	var r recorder
	subscribe(t, h, "watch", &r)
	want := a.one(name(1))
	publish(t, h, want)
	h.eventually(t, "an event after that", func() bool { return r.has(want) })
}

func closing(t TB, h Harness) {
	var r recorder
	subscribe(t, h, "watch", &r)
	a := newAuthor()
	first := a.one(name(1))
	publish(t, h, first)
	h.eventually(t, "an event", func() bool { return r.has(first) })
	closed := make(chan error, 1)
	go func() { closed <- h.Bus.Close() }()
	h.eventually(t, "Close returns", func() bool { return len(closed) == 1 })
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if err := h.Bus.Publish(t.Context(), a.one(name(1))); err == nil {
		t.Errorf("a closed bus took events")
	}
	if err := h.Bus.Watermark(t.Context(), "1"); err == nil {
		t.Errorf("a closed bus took a watermark")
	}
	if err := h.Bus.Subscribe(t.Context(), "late", &r); err == nil {
		t.Errorf("a closed bus took a subscription")
	}
	if got, _ := r.seen(); len(got) != len(first) {
		t.Errorf("%d events after Close, want %d", len(got), len(first))
	}
}
