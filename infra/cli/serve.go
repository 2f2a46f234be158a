package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/plygames/ply/infra/app"
	"github.com/plygames/ply/infra/config"
	"github.com/plygames/ply/infra/logging"
)

type serveCommand struct {
	config.Flags `embed:""`
}

func (c *serveCommand) check() error {
	_, err := c.Config()
	return err
}

// Run serves until a signal asks it to stop, then drains. A second signal ends the process at once.
func (c *serveCommand) Run(s streams) error {
	settings, err := c.Config()
	if err != nil {
		return errUsage{err}
	}
	return serve(s, settings)
}

type storeCommand struct {
	config.Flags `embed:""`
}

func (c *storeCommand) check() error {
	c.Roles = "store"
	_, err := c.Config()
	return err
}

// Run is serve with the role store.
func (c *storeCommand) Run(s streams) error {
	c.Roles = "store"
	settings, err := c.Config()
	if err != nil {
		return errUsage{err}
	}
	return serve(s, settings)
}

// server is a server of whatever role.
type server interface {
	Addr() string
	AdminAddr() string
	Data() string
	Run(context.Context) error
}

func serve(s streams, settings config.Config) error {
	format := logging.Text
	if settings.JSONLogs {
		format = logging.JSON
	}
	log := logging.New(s.err, settings.LogLevel, format)
	collectLess()

	ctx, stop := untilSignal(log)
	defer stop()
	serving, err := open(ctx, settings, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "ply listens on http://%s\nadmin on http://%s\ndata in %s\n", serving.Addr(), serving.AdminAddr(), serving.Data())
	if store, ok := serving.(*app.StoreServer); ok {
		fmt.Fprintf(s.out, "store on esdb://%s?tls=false\n", store.StoreAddr())
	}
	return serving.Run(ctx)
}

// open makes the server that the roles ask for.
func open(ctx context.Context, settings config.Config, log *slog.Logger) (server, error) {
	if settings.Roles.Store {
		return app.NewStoreServer(ctx, settings, version(), log)
	}
	return app.New(ctx, settings, version(), log)
}

// twice is how soon a repeated signal is still the same request: some supervisors send it to the process and to its
// group.
const twice = 20 * time.Millisecond

// untilSignal ends the context at the first SIGTERM or interrupt, and the process at the second.
func untilSignal(log *slog.Logger) (context.Context, context.CancelFunc) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer signal.Stop(signals)
		select {
		case sig := <-signals:
			log.Info("draining; send the signal again to stop at once", "signal", sig.String())
			stop()
		case <-ctx.Done():
			return
		}
		for first := time.Now(); ; {
			<-signals
			if time.Since(first) > twice {
				os.Exit(exitFailed)
			}
		}
	}()
	return ctx, stop
}
