package players_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/projections/internal/trial"
	"github.com/plygames/ply/projections/players"
)

// person gives p_1 names.
func person(log *trial.Log) (call func(name string)) {
	version, head := uint64(0), event.Genesis(event.PlayerStream("p_1"))
	return func(name string) {
		rec := player.Record("p_1", version, head, player.Named{Name: name}, event.Meta{})
		head = event.Next(head, rec.Type, rec.Meta, rec.Data)
		version++
		log.Append(rec)
	}
}

func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := trial.NewLog()
		call := person(log)
		names := players.New(log, 0, slog.New(slog.DiscardHandler))
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

// Where nobody reads the whole store, an old name is shown at once and read again behind it.
func TestOldNamesAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := trial.NewLog()
		call := person(log)
		names := players.New(log, time.Minute, slog.New(slog.DiscardHandler))
		want := func(name string, reads int) {
			t.Helper()
			got := names.Name("p_1")
			synctest.Wait()
			if got != name || log.Reads() != reads {
				t.Errorf("called %q after %d reads, want %q after %d", got, log.Reads(), name, reads)
			}
		}
		call("Ann")
		want("Ann", 1)
		call("Anna")
		want("Ann", 1)
		time.Sleep(time.Minute + 1)
		want("Ann", 2) // the last time
		want("Anna", 2)
		time.Sleep(time.Minute + 1)
		want("Anna", 3)
		want("Anna", 3)
	})
}

// Whoever shows names is told when one changes: by an event that is heard, by reading again, and never by the first reading.
func TestChangesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := trial.NewLog()
		call := person(log)
		names := players.New(log, 0, slog.New(slog.DiscardHandler))
		told := 0
		names.OnChange(func(string) { told++ })
		want := func(name string, changes int) {
			t.Helper()
			if got := names.Name("p_1"); got != name || told != changes {
				t.Errorf("called %q after %d changes, want %q after %d", got, told, name, changes)
			}
		}
		call("Ann")
		want("Ann", 0)
		call("Anna")
		names.Renew("p_1")
		want("Anna", 1)
		names.Renew("p_1")
		want("Anna", 1)
		names.Renew("p_2") // was forgotten, or never shown: nobody knows
		want("Anna", 2)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- names.Run(ctx) }()
		synctest.Wait()
		call("Annette")
		synctest.Wait()
		want("Annette", 3)
		names.Erase("p_1")
		want("", 3)
		call("Ann again")
		synctest.Wait()
		names.Renew("p_1")
		want("", 3)
		cancel()
		<-done
	})
}

func BenchmarkName(b *testing.B) {
	log := trial.NewLog()
	log.Append(player.Record("p_1", 0, event.Genesis(event.PlayerStream("p_1")), player.Named{Name: "Ann"}, event.Meta{}))
	names := players.New(log, 0, slog.New(slog.DiscardHandler))
	for b.Loop() {
		names.Name("p_1")
	}
}
