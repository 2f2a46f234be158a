package players_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/projections/internal/trial"
	"github.com/plygames/ply/projections/players"
)

func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := trial.NewLog()
		version, head := uint64(0), event.Genesis(event.PlayerStream("p_1"))
		call := func(name string) {
			rec := player.Record("p_1", version, head, player.Named{Name: name}, event.Meta{})
			head = event.Next(head, rec.Type, rec.Meta, rec.Data)
			version++
			log.Append(rec)
		}
		names := players.New(log, slog.New(slog.DiscardHandler))
		call("Ann")
		if got := names.Name("p_1"); got != "Ann" {
			t.Errorf("called %q", got)
		}
		if got := names.Name("p_2"); got != "" {
			t.Errorf("nobody is called %q", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- names.Run(ctx) }()
		synctest.Wait()
		call("Anna")
		synctest.Wait()
		if got := names.Name("p_1"); got != "Anna" {
			t.Errorf("called %q after a new name", got)
		}
		cancel()
		<-done
	})
}

func BenchmarkName(b *testing.B) {
	log := trial.NewLog()
	log.Append(player.Record("p_1", 0, event.Genesis(event.PlayerStream("p_1")), player.Named{Name: "Ann"}, event.Meta{}))
	names := players.New(log, slog.New(slog.DiscardHandler))
	for b.Loop() {
		names.Name("p_1")
	}
}
