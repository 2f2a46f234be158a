package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/plygames/ply/infra/pebble"
)

// Running is what a server leaves in its data folder while it runs, for the commands that look for it there.
type Running struct {
	PID   int    `json:"pid"`
	Addr  string `json:"addr"`
	Admin string `json:"admin"`
}

const runningFile = "running.json"

// ReadRunning tells which server uses a data folder. It says so also after a crash: only the store's lock knows.
func ReadRunning(dir string) (Running, error) {
	var r Running
	text, err := os.ReadFile(filepath.Join(dir, runningFile))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	return r, err
}

// writeRunning replaces the file in one step, so that no reader sees half of it.
func writeRunning(dir string, r Running) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	place := filepath.Join(dir, runningFile)
	if err := os.WriteFile(place+".new", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(place+".new", place)
}

// prepareFolder makes the data folder if it is missing and finds out whether we can write there. dir is absolute.
func prepareFolder(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".probe-*"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err == nil {
		return nil
	}
	why := err.Error()
	var path *fs.PathError
	if errors.As(err, &path) {
		why = path.Path + ": " + path.Err.Error()
	}
	return fmt.Errorf("data folder %s can't be written (%s): give this user the right to, or choose another with --data (PLY_DATA)", dir, why)
}

// Advise turns what went wrong when a data folder was opened into a line that says what to do.
func Advise(dir string, err error) error {
	if !errors.Is(err, pebble.ErrInUse) {
		return fmt.Errorf("data folder %s can't be opened: %w", dir, err)
	}
	who := "another process"
	if r, notThere := ReadRunning(dir); notThere == nil {
		who = fmt.Sprintf("the ply server with process id %d on http://%s", r.PID, r.Addr)
	}
	return fmt.Errorf("data folder %s is in use by %s: stop that one, or choose another with --data (PLY_DATA): %w", dir, who, err)
}

// removeRunning forgets the file; that it is missing already is fine.
func removeRunning(dir string) error {
	if err := os.Remove(filepath.Join(dir, runningFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
