package redis

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
)

// Snapshots keep the newest snapshot of each game where all servers find it. Safe for concurrent use.
//
// One key for a game is enough: a snapshot names its game, its schema and its rules, and is believed only if the stream
// holds its last event (see game.Load and commands). While two releases run side by side they replace each other's, and
// reject them; that costs replays.
type Snapshots struct {
	client   *Client
	keep     string // ms
	patience patience
}

// NewSnapshots makes one. A snapshot that is not replaced is forgotten after keep; zero means 24 h.
func NewSnapshots(c *Client, keep time.Duration) *Snapshots {
	if keep == 0 {
		keep = 24 * time.Hour
	}
	return &Snapshots{client: c, keep: millis(keep),
		patience: patience{most: 250 * time.Millisecond, pause: time.Second}}
}

// Load implements commands.Snapshots. It waits for a quarter of a second at most.
func (s *Snapshots) Load(ctx context.Context, game string) (stored []byte, err error) {
	err = s.patience.ask(ctx, func(ctx context.Context) error {
		stored, err = s.client.Do(ctx, s.client.B().Get().Key(s.key(game)).Build()).AsBytes()
		return Failed("load a snapshot", err)
	})
	return stored, err
}

// Save implements commands.Snapshots. It waits for a quarter of a second at most.
func (s *Snapshots) Save(ctx context.Context, game string, snapshot []byte) error {
	return s.patience.ask(ctx, func(ctx context.Context) error {
		set := s.client.B().Arbitrary("SET").Keys(s.key(game)).Args(rueidis.BinaryString(snapshot), "PX", s.keep).Build()
		return Failed("save a snapshot", s.client.Do(ctx, set).Error())
	})
}

func (s *Snapshots) key(game string) string { return s.client.Key("snapshot", game) }

var _ commands.Snapshots = (*Snapshots)(nil)
