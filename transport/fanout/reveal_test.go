package fanout_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/wire"
)

// secretive is a feed that makes a game hide something from all but Everyone.
type secretive struct{ fanout.Feed }

func (f secretive) Follow(ctx context.Context, id string, sink game.Sink) (*game.State, func(), error) {
	at, stop, err := f.Feed.Follow(ctx, id, secretiveSink{sink})
	return hiding(at), stop, err
}

type secretiveSink struct{ game.Sink }

func (s secretiveSink) Steps(steps []game.Step) {
	mine := make([]game.Step, len(steps))
	for i, step := range steps {
		step.Before, step.After = hiding(step.Before), hiding(step.After)
		mine[i] = step
	}
	s.Sink.Steps(mine)
}

func hiding(s *game.State) *game.State {
	hidden := *s
	hidden.Board = hidingBoard{s.Board}
	return &hidden
}

type hidingBoard struct{ game.Board }

func (b hidingBoard) View(to game.Audience) json.RawMessage {
	if to.SeesAll() {
		return json.RawMessage(`{"card":"ace"}`)
	}
	return json.RawMessage(`{}`)
}

// TestTheEndReveals: whoever saw less than everybody may see now gets one state behind ended.
func TestTheEndReveals(t *testing.T) {
	r := newRig(t)
	r.Begin(id)
	r.src.Feed = secretive{r.Host}
	s := newSock()
	r.join(t, s, fanout.Start{})
	if strings.Contains(string(s.raw[0]), "ace") {
		t.Fatal("shown before the end")
	}
	r.Must(id, game.Command{ID: "r", Player: "ann", Basis: 6, Wish: game.Resign{}})
	s.waitFor(t, "state/7")
	if got := strings.Join(s.types(), " "); got != "state/6 live/6 ended/7 state/7" {
		t.Fatalf("got %v", got)
	}
	if !strings.Contains(string(s.raw[1]), "ace") {
		t.Errorf("not revealed: %s", s.raw[1])
	}
	late := newSock()
	r.join(t, late, fanout.Start{})
	if got := strings.Join(late.types(), " "); got != "state/7 live/7" {
		t.Fatalf("who comes later got %v", got)
	}
}

var _ fanout.Encoder = (*wire.Encoder)(nil)
