package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/infra/app"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/transport/wire"
)

type eraseCommand struct {
	Data   string `env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"Data folder of a server. If the server runs, it does the work."`
	Player string `arg:"" name:"player" help:"Id of the person whose names are to be forgotten. Games stay whole. Backups keep the names."`
}

// eraseTime bounds the wait for the server.
const eraseTime = 2 * time.Minute

// check implements checker.
func (c *eraseCommand) check() error {
	if !wire.GoodID(c.Player) {
		return fmt.Errorf("%q is not the id of a player: letters, digits, - and _, at most 64", c.Player)
	}
	return nil
}

// Run asks the server that uses the folder, or does it itself if none does.
func (c *eraseCommand) Run(s streams) error {
	ctx, cancel := context.WithTimeout(context.Background(), eraseTime)
	defer cancel()
	store, err := openStore(c.Data)
	if errors.Is(err, pebble.ErrInUse) {
		err = c.ask(ctx, s)
	} else if err == nil {
		err = errors.Join(c.erase(ctx, store), store.Close())
		if err == nil {
			fmt.Fprintf(s.err, "the server was down, so tokens of %s are believed until they expire\n", c.Player)
		}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s is erased\n", c.Player)
	return err
}

// erase does it itself.
func (c *eraseCommand) erase(ctx context.Context, store *pebble.Store) error {
	if head, err := store.Head(ctx); err != nil || head == "" {
		return errors.Join(err, fmt.Errorf("data folder %s has no people: if its server uses a shared store, start it and try again, and then run "+
			"`ply erase` on the data folder of the `ply store`", c.Data))
	}
	return commands.ErasePlayer(ctx, store, store, c.Player, event.Meta{At: time.Now().UnixMilli(), Server: "ply-erase"})
}

// ask has the running server do it, by its second listener.
func (c *eraseCommand) ask(ctx context.Context, s streams) error {
	running, err := app.ReadRunning(c.Data)
	if err != nil {
		return fmt.Errorf("data folder %s is in use, but does not say by whom: try again when that server has started: %w", c.Data, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+running.Admin+app.ErasePath(c.Player), nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the server with process id %d does not answer on its second listener: %w", running.PID, err)
	}
	defer answer.Body.Close()
	var why struct{ Message, Left string }
	_ = json.NewDecoder(io.LimitReader(answer.Body, 4096)).Decode(&why) // the status is said in any case
	if answer.StatusCode == http.StatusOK {
		if why.Left != "" {
			_, err = fmt.Fprintf(s.err, "still to be done: %s\n", why.Left)
		}
		return err
	}
	return fmt.Errorf("the server refused (%s): %s", answer.Status, why.Message)
}
