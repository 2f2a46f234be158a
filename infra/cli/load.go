package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/plygames/ply/infra/load"
)

type loadCommand struct {
	URL      string        `env:"PLY_LOAD_URL" placeholder:"URL" help:"A running server (with --rate-limits=off), such as http://127.0.0.1:8080. Without it one is started, with its data in a temporary folder."`
	Games    int           `env:"PLY_LOAD_GAMES" placeholder:"GAMES" default:"1000" help:"Games played at once, two sockets each."`
	Watch    int           `env:"PLY_LOAD_WATCH" placeholder:"SOCKETS" default:"0" help:"Sockets that watch the first game, in as many processes as they need."`
	WatchOn  []string      `env:"PLY_LOAD_WATCH_ON" placeholder:"URL,..." help:"Servers to watch at, each with its share of the sockets. Without it all of them watch at the server that is played on."`
	Meters   []string      `env:"PLY_LOAD_METERS" placeholder:"URL|pid:N,..." help:"Second listeners of servers, such as http://127.0.0.1:8081, and other processes of this machine: tells what CPU and memory each used. A server that load starts is measured anyway."`
	Rate     float64       `env:"PLY_LOAD_RATE" placeholder:"MOVES" default:"0" help:"Moves a second over all games (open loop: latencies count from the moment a move was due). 0 plays as fast as it goes."`
	For      time.Duration `env:"PLY_LOAD_FOR" placeholder:"DURATION" default:"10s" help:"Measured time of each round."`
	Rounds   int           `env:"PLY_LOAD_ROUNDS" placeholder:"ROUNDS" default:"3" help:"Rounds; with --baseline the two take turns."`
	Baseline bool          `env:"PLY_LOAD_BASELINE" help:"Play the same against a relay that only echoes to both players' sockets, and tell the ratio."`
}

func (c *loadCommand) config() load.Config {
	return load.Config{URL: c.URL, Games: c.Games, Watchers: c.Watch, WatchOn: c.WatchOn, Meters: c.Meters,
		Rate: c.Rate, For: c.For, Rounds: c.Rounds, Baseline: c.Baseline}
}

func (c *loadCommand) check() error { return c.config().Validate() }

// Run plays, with its progress on standard error, and prints the table.
func (c *loadCommand) Run(s streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := load.Run(ctx, c.config(), s.err)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return report.Print(s.out)
}

// loadRelayCommand is the other half of load --baseline; load starts it by itself.
type loadRelayCommand struct {
	Addr string `env:"PLY_LOAD_RELAY_ADDR" default:"127.0.0.1:0" help:"Where to listen."`
}

// Run relays until it is told to stop.
func (c *loadRelayCommand) Run(s streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return load.Relay(ctx, c.Addr, s.out)
}

// loadWatchCommand is one process of watchers; load starts as many as it needs.
type loadWatchCommand struct {
	URL     string `env:"PLY_LOAD_WATCH_URL" required:"" help:"The server."`
	Game    string `env:"PLY_LOAD_WATCH_GAME" required:"" help:"The game."`
	Sockets int    `env:"PLY_LOAD_WATCH_SOCKETS" required:"" help:"How many watch."`
}

// Run watches until its standard input ends.
func (c *loadWatchCommand) Run(s streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return load.Watch(ctx, load.Seats{URL: c.URL, Game: c.Game, Sockets: c.Sockets}, os.Stdin, s.out)
}
