package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/plygames/ply/infra/app"
	"github.com/plygames/ply/infra/pebble"
)

type backupCommand struct {
	Data string `env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"Data folder to back up. A server may be using it."`
	To   string `arg:"" name:"dir" help:"New or empty folder for the backup. On the same disk it takes nearly no space; copy it elsewhere to survive the disk."`
}

// Run asks the server that uses the folder for a backup, or makes it if none does.
func (c *backupCommand) Run(s streams) error {
	to, err := filepath.Abs(c.To)
	if err != nil {
		return err
	}
	store, err := openStore(c.Data)
	if errors.Is(err, pebble.ErrInUse) {
		err = askForBackup(c.Data, to)
	} else if err == nil {
		err = errors.Join(app.Backup(context.Background(), store, c.Data, to), store.Close())
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "backup in %s\n", to)
	return err
}

// askForBackup has the running server make the backup, by its second listener.
func askForBackup(data, to string) error {
	running, err := app.ReadRunning(data)
	if err != nil {
		return fmt.Errorf("data folder %s is in use, but does not say by whom: stop that process, or try again when it has started: %w", data, err)
	}
	ask, err := json.Marshal(app.BackupRequest{To: to})
	if err != nil {
		return err
	}
	client := http.Client{Timeout: time.Hour}
	answer, err := client.Post("http://"+running.Admin+app.BackupPath, "application/json", bytes.NewReader(ask))
	if err != nil {
		return fmt.Errorf("the server with process id %d does not answer on its second listener: stop it and back up then: %w", running.PID, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
		return fmt.Errorf("the server refused (%s): %s", answer.Status, bytes.TrimSpace(why))
	}
	return nil
}

type restoreCommand struct {
	From string `arg:"" name:"dir" help:"Folder that ply backup made. It is only read."`
	Data string `env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"New or empty data folder."`
}

// Run copies a backup to a new data folder and proves the copy. Snapshots and views are made again by the server.
func (c *restoreCommand) Run(s streams) error {
	told := time.Now()
	progress := func(done, total int64) {
		if now := time.Now(); now.Sub(told) >= time.Second {
			told = now
			fmt.Fprintf(s.err, "restoring: %d of %d\n", done, total)
		}
	}
	if err := app.Restore(context.Background(), c.From, c.Data, progress); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.out, "restored and verified in %s\n", c.Data)
	return err
}

// openStore opens a data folder that no server is using. A folder without a store is a slip, not a new store.
func openStore(dir string) (*pebble.Store, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if found, err := filepath.Glob(filepath.Join(absolute, "events", "*")); err != nil || len(found) == 0 {
		return nil, fmt.Errorf("folder %s holds no ply data: name the right one with --data (PLY_DATA)", dir)
	}
	store, err := pebble.Open(pebble.Config{Dir: absolute})
	if err != nil {
		return nil, app.Advise(absolute, err)
	}
	return store, nil
}
