package sim

import (
	"context"
	"log/slog"
	"time"

	"github.com/plygames/ply/infra/relay"
)

// relayer is a server with the relay's role: the product's relay between the store and the bus. There are two, which is
// as it is while a lease changes hands.
type relayer struct {
	process
	stop context.CancelFunc
}

func (w *world) bootRelay(r *relayer) {
	r.begin()
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	w.relayTo(ctx, &r.process, &port{from: &r.process, to: w.store})
}

// source is what a relay reads.
type source interface {
	relay.Log
	relay.Prover
}

// relayTo runs a relay in a process. One over an embedded store keeps no checkpoint, as in infra/app.
func (w *world) relayTo(ctx context.Context, in *process, events source) {
	config := relay.Config{
		Log: events, Bus: publisher{in, w.kafka}, AtOnce: 64, Prover: events, Observer: unheard{},
		Logger: slog.New(slog.DiscardHandler),
	}
	if !w.plan.embedded {
		config.Checkpoints = checkpoints{&shared{from: in, to: w.redis}}
	}
	run := in.died
	w.burying.Go(func() {
		for ctx.Err() == nil {
			carrier, err := relay.Open(ctx, config)
			if err == nil {
				_ = carrier.Run(ctx)
				return
			}
			select {
			case <-time.After(time.Second):
			case <-run:
				return
			}
		}
	})
	w.apart()
}

func (w *world) killRelay(r *relayer) {
	r.die()
	r.stop()
}

type unheard struct{}

func (unheard) Relayed(int, time.Duration) {}
func (unheard) Alarm(string)               {}
