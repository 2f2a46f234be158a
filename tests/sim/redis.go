package sim

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/infra/relay"
	"github.com/plygames/ply/projections"
	"github.com/plygames/ply/tests/journal/model"
)

// redis is a model of what servers share beside the events: marks of life, snapshots, the relay's checkpoint. It loses
// nothing when it is away. Only the world's goroutine and calls to it, one at a time, touch it.
type redis struct {
	process
	snapshots map[string][]byte
	marks     map[string]mark
	at        projections.Checkpoint
	journal   *model.Redis
}

// mark is an incarnation's live clock, and when it was told.
type mark struct {
	up int64
	at time.Duration
}

func newRedis(w *world) *redis {
	r := &redis{process: process{w: w, name: "redis"}, snapshots: map[string][]byte{}, marks: map[string]mark{}, journal: model.New()}
	r.begin()
	return r
}

// shared is redis as one process sees it.
type shared struct {
	from *process
	to   *redis
	own  string // incarnation
	up   func() int64
}

var (
	_ commands.Snapshots = (*shared)(nil)
	_ commands.Alive     = (*shared)(nil)
	_ relay.Checkpoints  = checkpoints{}
)

func (s *shared) call(key string, do func() (any, error)) call {
	return call{key: key, from: s.from, to: &s.to.process, lost: commands.ErrUnavailable, do: do}
}

func (s *shared) Load(ctx context.Context, game string) ([]byte, error) {
	return ask[[]byte](ctx, s.call("load snapshot of "+game, func() (any, error) {
		return s.to.snapshots[game], nil
	}))
}

func (s *shared) Save(ctx context.Context, game string, snapshot []byte) error {
	kept := bytes.Clone(snapshot)
	_, err := ask[bool](ctx, s.call(fmt.Sprintf("save snapshot of %s, %d bytes", game, len(kept)), func() (any, error) {
		s.to.snapshots[game] = kept
		return true, nil
	}))
	return err
}

// markFresh is how old a mark may be of a server that may still run.
const markFresh = 3 * time.Second

type sign struct {
	up             int64
	running, known bool
}

// LastAlive is patient for a quarter of a second, and takes a server of which nothing can be known for running, as
// infra/redis does.
func (s *shared) LastAlive(ctx context.Context, incarnation string) (up int64, running, known bool) {
	if incarnation == s.own {
		return s.up(), true, true
	}
	ctx, cancel := context.WithTimeout(ctx, 250*time.Millisecond)
	defer cancel()
	v, err := ask[sign](ctx, s.call("last alive "+incarnation, func() (any, error) {
		m, known := s.to.marks[incarnation]
		return sign{m.up, known && s.to.w.now()-m.at <= markFresh, known}, nil
	}))
	if err != nil {
		return 0, true, false
	}
	return v.up, v.running, v.known
}

// checkpoints is the relay's half.
type checkpoints struct{ *shared }

func (c checkpoints) Load(ctx context.Context) (projections.Checkpoint, error) {
	return ask[projections.Checkpoint](ctx, c.call("load checkpoint", func() (any, error) { return c.to.at, nil }))
}

func (c checkpoints) Save(ctx context.Context, at projections.Checkpoint) error {
	_, err := ask[bool](ctx, c.call("save checkpoint "+string(at.Position), func() (any, error) {
		c.to.at = at
		return true, nil
	}))
	return err
}
