package players_test

import (
	"log/slog"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
	"github.com/plygames/ply/projections/internal/trial"
	"github.com/plygames/ply/projections/players"
)

func TestFind(t *testing.T) {
	log := trial.NewLog()
	names := players.New(log, 0, slog.New(slog.DiscardHandler))
	for _, p := range []players.Called{{"p_1", "Bob"}, {"p_2", "anna"}, {"p_3", "Ann"}, {"p_4", "Ännchen"}, {"p_5", "Ann"}, {"p_6", "Hannah"}} {
		log.Append(player.Record(p.Player, 0, event.Genesis(event.PlayerStream(p.Player)), player.Named{Name: p.Name}, event.Meta{}))
		names.Name(p.Player)
	}
	names.Name("p_nobody")
	for _, c := range []struct {
		beginning string
		limit     int
		want      []string
	}{
		{"ann", 9, []string{"p_3", "p_5", "p_2"}},
		{"ANN", 2, []string{"p_3", "p_5"}},
		{"ä", 9, []string{"p_4"}},
		{"x", 9, nil},
		{"", 9, []string{"p_3", "p_5", "p_2", "p_1", "p_6", "p_4"}}, // nobody has no name, and is not found
	} {
		found := names.Find(c.beginning, c.limit)
		same := len(found) == len(c.want)
		for i := range found {
			same = same && found[i].Player == c.want[i]
		}
		if !same {
			t.Errorf("%q finds %v, want %v", c.beginning, found, c.want)
		}
	}
}
