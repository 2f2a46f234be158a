package broken

import (
	"context"
	"slices"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/bus"
)

// Bus is a bus with a fault.
type Bus struct {
	bus.Bus
	publish   func(ctx context.Context, to bus.Bus, events []event.Recorded) error
	watermark func(ctx context.Context, to bus.Bus, at event.Position) error
	handler   func(bus.Handler) bus.Handler
	later     bool // Subscribe returns before it is positioned
}

// Publish implements bus.Publisher.
func (b *Bus) Publish(ctx context.Context, events []event.Recorded) error {
	if b.publish != nil {
		return b.publish(ctx, b.Bus, events)
	}
	return b.Bus.Publish(ctx, events)
}

// Watermark implements bus.Publisher.
func (b *Bus) Watermark(ctx context.Context, at event.Position) error {
	if b.watermark != nil {
		return b.watermark(ctx, b.Bus, at)
	}
	return b.Bus.Watermark(ctx, at)
}

// Subscribe implements bus.Subscriber.
func (b *Bus) Subscribe(ctx context.Context, name string, to bus.Handler) error {
	if b.handler != nil {
		to = b.handler(to)
	}
	if b.later {
		return b.Bus.Subscribe(ctx, name, &late{Handler: to})
	}
	return b.Bus.Subscribe(ctx, name, to)
}

// Faults are all broken buses, each made of a sound one.
func Faults() map[string]func(sound bus.Bus) bus.Bus {
	return map[string]func(bus.Bus) bus.Bus{
		"loses the last event of a batch": func(sound bus.Bus) bus.Bus {
			return &Bus{Bus: sound, publish: func(ctx context.Context, to bus.Bus, events []event.Recorded) error {
				return to.Publish(ctx, events[:len(events)-1])
			}}
		},
		"turns batches round": func(sound bus.Bus) bus.Bus {
			return &Bus{Bus: sound, publish: func(ctx context.Context, to bus.Bus, events []event.Recorded) error {
				events = slices.Clone(events)
				slices.Reverse(events)
				return to.Publish(ctx, events)
			}}
		},
		"changes bytes that are not text": func(sound bus.Bus) bus.Bus {
			return &Bus{Bus: sound, publish: func(ctx context.Context, to bus.Bus, events []event.Recorded) error {
				events = slices.Clone(events)
				for i := range events {
					events[i].Meta = []byte(string([]rune(string(events[i].Meta))))
				}
				return to.Publish(ctx, events)
			}}
		},
		"lets watermarks overtake": func(sound bus.Bus) bus.Bus {
			var held []event.Recorded
			return &Bus{Bus: sound,
				publish: func(ctx context.Context, to bus.Bus, events []event.Recorded) error {
					err := to.Publish(ctx, append(held, events[:len(events)-1]...))
					held = slices.Clone(events[len(events)-1:])
					return err
				},
				watermark: func(ctx context.Context, to bus.Bus, at event.Position) error {
					if err := to.Watermark(ctx, at); err != nil {
						return err
					}
					err := to.Publish(ctx, held)
					held = nil
					return err
				}}
		},
		"keeps watermarks that say nothing new": func(sound bus.Bus) bus.Bus {
			var last event.Position
			return &Bus{Bus: sound, watermark: func(ctx context.Context, to bus.Bus, at event.Position) error {
				if at == last {
					return nil
				}
				last = at
				return to.Watermark(ctx, at)
			}}
		},
		"is positioned some time after Subscribe": func(sound bus.Bus) bus.Bus { return &Bus{Bus: sound, later: true} },
		"takes events after its end": func(sound bus.Bus) bus.Bus {
			return &Bus{Bus: sound, publish: func(ctx context.Context, to bus.Bus, events []event.Recorded) error {
				_ = to.Publish(ctx, events)
				return nil
			}}
		},
		"gives up at a panic": func(sound bus.Bus) bus.Bus {
			return &Bus{Bus: sound, handler: func(h bus.Handler) bus.Handler { return &fragile{Handler: h} }}
		},
		"calls a handler twice at once": func(sound bus.Bus) bus.Bus {
			return &Bus{Bus: sound, handler: func(h bus.Handler) bus.Handler { return &doubled{h} }}
		},
	}
}

// late misses the first batch.
type late struct {
	bus.Handler
	on bool
}

// Events implements bus.Handler.
func (l *late) Events(events []event.Recorded) {
	if l.on {
		l.Handler.Events(events)
	}
	l.on = true
}

// fragile takes a panic for the end.
type fragile struct {
	bus.Handler
	over bool
}

// Events implements bus.Handler.
func (f *fragile) Events(events []event.Recorded) {
	if f.over {
		return
	}
	defer func() { f.over = recover() != nil }()
	f.Handler.Events(events)
}

// doubled calls from two goroutines.
type doubled struct{ bus.Handler }

// Events implements bus.Handler.
func (d *doubled) Events(events []event.Recorded) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // the panics of the suite's handlers
		for range 3 {
			d.Handler.Events(events)
		}
	}()
	for range 3 {
		d.Handler.Events(events)
	}
	<-done
}
