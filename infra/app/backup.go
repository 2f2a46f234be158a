package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/plygames/ply/infra/pebble"
)

// keysFolder holds the server's secret keys, below the data folder.
const keysFolder = "keys"

// BackupPath is where the second listener takes a BackupRequest.
const BackupPath = "/admin/backup"

// BackupRequest asks a server to back itself up to a folder on its machine.
type BackupRequest struct {
	To string `json:"to"` // absolute
}

// Backup copies a store, in use or not, and the keys beside it: without them tokens and invitations are worth nothing.
func Backup(ctx context.Context, store *pebble.Store, data, to string) error {
	if err := store.Backup(ctx, to, nil); err != nil {
		return err
	}
	return copyKeys(data, to)
}

// Restore makes a data folder from a backup, proves the copy, and puts the keys beside it.
func Restore(ctx context.Context, from, data string, progress pebble.Progress) error {
	if err := pebble.Restore(ctx, nil, from, data, nil, progress); err != nil {
		return err
	}
	return copyKeys(from, data)
}

func copyKeys(from, to string) error {
	entries, err := os.ReadDir(filepath.Join(from, keysFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(to, keysFolder), 0o700); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	for _, entry := range entries {
		if err := copySecret(filepath.Join(from, keysFolder, entry.Name()), filepath.Join(to, keysFolder, entry.Name())); err != nil {
			return fmt.Errorf("keys: %w", err)
		}
	}
	return nil
}

// copySecret copies a small file so that only its owner can read it, and that it survives a power cut.
func copySecret(from, to string) error {
	secret, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(secret)
	return errors.Join(err, f.Sync(), f.Close())
}

// serveBackup answers a BackupRequest.
func (s *shell) serveBackup(w http.ResponseWriter, r *http.Request) {
	var ask BackupRequest
	err := json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&ask)
	if err != nil || !filepath.IsAbs(ask.To) {
		http.Error(w, `send {"to":"<absolute path of a new folder>"}`, http.StatusBadRequest)
		return
	}
	if err := Backup(r.Context(), s.local, s.data, ask.To); err != nil {
		s.log.Warn("a backup failed", "error", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.log.Info("backed up", "folder", ask.To)
	w.WriteHeader(http.StatusOK)
}
