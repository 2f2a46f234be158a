package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections/exports"
)

// partial is an export that is not whole yet: the file as far as it is written, and beside it where it may be gone on
// with.
type partial struct{ data, state string }

// checkpoint is a place up to which a partial file is whole.
type checkpoint struct {
	exports.Tally
	Format   string            `json:"format"`
	Selected exports.Selection `json:"selected"`
	Last     event.Stream      `json:"last"`   // the stream of the last game: it must be where it was
	Offset   int64             `json:"offset"` // bytes
	State    []byte            `json:"state,omitempty"`
}

// open opens the file at the place where it is gone on with; a new one at its beginning. errOther: it is not ours.
func (p partial) open(e *export) (*os.File, checkpoint, error) {
	at, err := p.load(e)
	if err != nil {
		return nil, at, err
	}
	f, err := os.OpenFile(p.data, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, at, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() < at.Offset {
		err = fmt.Errorf("%s is shorter than it was: remove it and %s", p.data, p.state)
	}
	if err == nil {
		err = f.Truncate(at.Offset) // what was written behind it was not synced
	}
	if err == nil {
		_, err = f.Seek(at.Offset, io.SeekStart)
	}
	if err != nil {
		return nil, at, errors.Join(err, f.Close())
	}
	return f, at, nil
}

// load reads the checkpoint and proves that it is of this export and this store. Zero if there is none.
func (p partial) load(e *export) (at checkpoint, err error) {
	text, err := os.ReadFile(p.state)
	if errors.Is(err, fs.ErrNotExist) {
		return at, nil
	}
	if err != nil {
		return at, err
	}
	if err := json.Unmarshal(text, &at); err != nil {
		return at, fmt.Errorf("%s: %w", p.state, err)
	}
	if at.Format != e.format.Name || at.Selected != e.selected {
		return at, errOther
	}
	for rec, err := range e.source.Log.ReadStream(context.Background(), at.Last, 1) {
		if err != nil {
			return at, err
		}
		if rec.Position == at.After {
			return at, nil
		}
		break
	}
	return at, errOther
}

// save replaces the checkpoint in one step. What it speaks of was synced before.
func (p partial) save(e *export, at checkpoint) error {
	at.Format, at.Selected, at.Last = e.format.Name, e.selected, event.GameStream(at.Game)
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	f, err := os.Create(p.state + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(p.state+".new", p.state)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
