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
	events := &port{from: &r.process, to: w.store}
	shared := &shared{from: &r.process, to: w.redis}
	to := publisher{&r.process, w.kafka}
	run := r.died
	w.burying.Go(func() {
		for ctx.Err() == nil {
			carrier, err := relay.Open(ctx, relay.Config{
				Log: events, Bus: to, AtOnce: 64, Checkpoints: checkpoints{shared}, Prover: events, Observer: unheard{},
				Logger: slog.New(slog.DiscardHandler),
			})
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
