package pebble

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	lsm "github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/domain/event"
)

// Progress is told how far a long task has come, of how much. May be nil where it is asked for.
type Progress func(done, total int64)

func (p Progress) tell(done, total int64) {
	if p != nil {
		p(done, total)
	}
}

// contents describes a backup. It is written last: a folder without it is not a whole backup.
type contents struct {
	Format int            `json:"format"`
	Head   event.Position `json:"head"` // at least everything up to here is in it
	ID     event.ID       `json:"id"`   // of the event at Head
}

const (
	contentsFile   = "BACKUP"
	contentsFormat = 1
)

// ErrNotEmpty reports that the target of a backup or a restore holds something already.
var ErrNotEmpty = errors.New("target folder is not empty: choose a new one")

// ErrNotABackup reports that a folder to restore from was not finished by Backup.
var ErrNotABackup = errors.New("folder is not a whole backup")

// Backup copies the store to a new folder while it is in use: the events as they are at some moment after the call,
// and the marks of life. Snapshots and views are not copied, they are made again. On the same file system the tables
// are hard links, which cost nothing and protect against everything but the loss of that disk.
func (s *Store) Backup(ctx context.Context, dir string, progress Progress) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := emptyTarget(s.fs, dir); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	head := s.head.Load()
	is := contents{Format: contentsFormat, Head: formatPosition(head)}
	if head > 0 {
		one, err := s.readAll(ctx, head-1, head, &group{})
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		is.ID = one[0].ID
	}
	total := int64(s.events.db.Metrics().DiskSpaceUsage())
	progress.tell(0, total)
	if err := s.events.db.Checkpoint(s.fs.PathJoin(dir, "events"), lsm.WithFlushedWAL()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := copyFolder(ctx, s.fs, s.path("alive"), s.fs.PathJoin(dir, "alive"), nil); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	text, err := json.Marshal(is)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := writeFile(s.fs, s.fs.PathJoin(dir, contentsFile), text); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := syncFolder(s.fs, dir); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	progress.tell(total, total)
	return nil
}

// Restore copies a backup into a new data folder, opens what it copied and verifies all of it (see Verify). After an
// error the target must be deleted. The backup is only read. A nil fs is the operating system's.
func Restore(ctx context.Context, fs vfs.FS, from, to string, logger *slog.Logger, progress Progress) error {
	if fs == nil {
		fs = vfs.Default
	}
	is, err := readContents(fs, from)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := emptyTarget(fs, to); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for _, name := range []string{"alive", "events"} {
		if err := copyFolder(ctx, fs, fs.PathJoin(from, name), fs.PathJoin(to, name), progress); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	if err := syncFolder(fs, to); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	s, err := Open(Config{Dir: to, FS: fs, Logger: logger})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := errors.Join(s.matches(ctx, is, progress), s.Close()); err != nil {
		return fmt.Errorf("restore: what was copied is not sound: %w", err)
	}
	return nil
}

// matches verifies a restored store against what its backup claims.
func (s *Store) matches(ctx context.Context, is contents, progress Progress) error {
	if is.Head != "" {
		last, err := s.At(ctx, is.Head)
		if err != nil {
			return err
		}
		if last.ID != is.ID {
			return fmt.Errorf("%w: position %s holds another event than the backup says", errCorrupt, is.Head)
		}
	}
	return s.Verify(ctx, progress)
}

func readContents(fs vfs.FS, dir string) (is contents, err error) {
	f, err := fs.Open(fs.PathJoin(dir, contentsFile))
	if err != nil {
		return is, fmt.Errorf("%w: %w", ErrNotABackup, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err := io.ReadAll(f)
	if err != nil {
		return is, err
	}
	if err := json.Unmarshal(text, &is); err != nil || is.Format != contentsFormat {
		return is, fmt.Errorf("%w: its %s file is not of format %d", ErrNotABackup, contentsFile, contentsFormat)
	}
	return is, nil
}

// emptyTarget makes a folder unless it exists and holds something.
func emptyTarget(fs vfs.FS, dir string) error {
	if names, err := fs.List(dir); err == nil && len(names) > 0 {
		return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
	}
	return mkdir(fs, dir)
}

// copyFolder copies the files of a folder, durably.
func copyFolder(ctx context.Context, fs vfs.FS, from, to string, progress Progress) error {
	names, err := fs.List(from)
	if err != nil {
		return err
	}
	if err := mkdir(fs, to); err != nil {
		return err
	}
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		progress.tell(int64(i), int64(len(names)))
		if name == "LOCK" {
			continue
		}
		if err := copyFile(fs, fs.PathJoin(from, name), fs.PathJoin(to, name)); err != nil {
			return err
		}
	}
	progress.tell(int64(len(names)), int64(len(names)))
	return syncFolder(fs, to)
}

func copyFile(fs vfs.FS, from, to string) (err error) {
	in, err := fs.Open(from, vfs.SequentialReadsOption)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := fs.Create(to, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func writeFile(fs vfs.FS, path string, text []byte) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
