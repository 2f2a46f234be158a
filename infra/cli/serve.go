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
	format := logging.Text
	if settings.JSONLogs {
		format = logging.JSON
	}
	log := logging.New(s.err, settings.LogLevel, format)
	collectLess()

	ctx, stop := untilSignal(log)
	defer stop()
	server, err := app.New(ctx, settings, version(), log)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "ply listens on http://%s\nadmin on http://%s\ndata in %s\n", server.Addr(), server.AdminAddr(), server.Data())
	return server.Run(ctx)
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
