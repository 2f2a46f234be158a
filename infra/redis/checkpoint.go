package redis

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/projections"
)

// Checkpoints keep how far the relay has come where the next relay finds it; a relay.Checkpoints. Safe for concurrent
// use.
type Checkpoints struct {
	client   *Client
	key      string
	patience patience
}

// NewCheckpoints makes one. name tells several readers apart.
func NewCheckpoints(c *Client, name string) *Checkpoints {
	return &Checkpoints{client: c, key: c.Key("checkpoint", name),
		patience: patience{most: time.Second, pause: time.Second}}
}

// Load gives what was saved last; the zero Checkpoint if nothing was, or if what is there can't be read. Without Redis it
// fails, after a second at most: the relay had better wait than publish everything again.
func (c *Checkpoints) Load(ctx context.Context) (at projections.Checkpoint, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	stored, err := c.client.Do(ctx, c.client.B().Get().Key(c.key).Build()).AsBytes()
	if err := Failed("load a checkpoint", err); err != nil {
		return at, err
	}
	if stored == nil {
		return at, nil
	}
	if err := json.Unmarshal(stored, &at); err != nil {
		c.client.log.Warn("checkpoint can't be read; starting from nothing", "key", c.key, "error", err)
		return projections.Checkpoint{}, nil
	}
	return at, nil
}

// Save replaces it. Without Redis it is not saved, which is no error: events are repeated after a restart, but the relay
// must go on, for players wait for each other's moves.
func (c *Checkpoints) Save(ctx context.Context, at projections.Checkpoint) error {
	stored, err := json.Marshal(at)
	if err != nil {
		return err
	}
	err = c.patience.ask(ctx, func(ctx context.Context) error {
		set := c.client.B().Set().Key(c.key).Value(rueidis.BinaryString(stored)).Build()
		return Failed("save a checkpoint", c.client.Do(ctx, set).Error())
	})
	if errors.Is(err, commands.ErrUnavailable) && ctx.Err() == nil {
		c.client.log.Debug("checkpoint not saved", "key", c.key, "error", err)
		return nil
	}
	return err
}
