package app

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// revocations keeps revoked players in a file of lines "player moment", of which the last one of a player counts. It is
// an auth.Revocations.
type revocations struct {
	path string
	mu   sync.Mutex
}

// All implements auth.Revocations. A line that was cut off by a crash was never acknowledged and is skipped.
func (r *revocations) All() (map[string]int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]int64{}
	f, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var player string
		var at int64
		var end string
		if n, _ := fmt.Sscan(lines.Text(), &player, &at, &end); n == 3 && end == "." {
			all[player] = at
		}
	}
	return all, errors.Join(lines.Err(), f.Close())
}

// Save implements auth.Revocations.
func (r *revocations) Save(player string, at int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	// The line feed in front ends a line that a crash has cut off.
	_, err = fmt.Fprintf(f, "\n%s %d .\n", player, at)
	return errors.Join(err, f.Sync(), f.Close())
}
