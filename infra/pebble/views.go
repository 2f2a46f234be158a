package pebble

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"

	lsm "github.com/cockroachdb/pebble/v2"

	"github.com/plygames/ply/projections"
)

// View is the home of one view: a Pebble folder of its own, without syncs. After a power cut it may have gone back to
// an older commit, never to half of one; the fold goes on from the checkpoint it finds.
type View struct {
	name   string
	open   func() (*folder, error)
	free   func()
	remove func() error
	room   *room       // only whoever commits uses it
	doomed atomic.Bool // the folder is removed when it is closed

	gate   sync.RWMutex // held for reading while the folder is used
	folder *folder      // nil after Close, and while it can't be opened again
	closed bool
}

var (
	checkpointKey = []byte{0}
	entryPrefix   = byte(1) // precedes every key of the view, so that none can collide with the checkpoint
	entryEnd      = []byte{2}
)

// validName keeps names from leaving their folder.
func validName(name string) bool {
	return name != "" && len(name) <= 64 && strings.IndexFunc(name, func(r rune) bool {
		return !(r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	}) < 0
}

func (v *View) enter() error {
	v.gate.RLock()
	if v.folder == nil {
		v.gate.RUnlock()
		return fmt.Errorf("view %s is closed", v.name)
	}
	return nil
}

func entryKey(key []byte) []byte { return append([]byte{entryPrefix}, key...) }

// Get implements projections.Views.
func (v *View) Get(key []byte) ([]byte, error) { return v.raw(entryKey(key)) }

// raw reads what stands under a key of the folder.
func (v *View) raw(key []byte) ([]byte, error) {
	if err := v.enter(); err != nil {
		return nil, err
	}
	defer v.gate.RUnlock()
	return v.folder.get(key)
}

// Checkpoint implements projections.Views.
func (v *View) Checkpoint() (at projections.Checkpoint, err error) {
	if err := v.enter(); err != nil {
		return at, err
	}
	defer v.gate.RUnlock()
	b, err := v.folder.get(checkpointKey)
	if err != nil || b == nil {
		return at, err
	}
	if err := json.Unmarshal(b, &at); err != nil {
		return at, fmt.Errorf("checkpoint of view %s: %w: %v", v.name, errCorrupt, err)
	}
	return at, nil
}

// Scan implements projections.Views. It shows the view as it was when the scan began. The view can't be closed before
// the scan is over.
func (v *View) Scan(prefix []byte, reverse bool) iter.Seq2[[2][]byte, error] {
	return func(yield func([2][]byte, error) bool) {
		if err := v.enter(); err != nil {
			yield([2][]byte{}, err)
			return
		}
		defer v.gate.RUnlock()
		lower := entryKey(prefix)
		it, err := v.folder.db.NewIter(&lsm.IterOptions{LowerBound: lower, UpperBound: prefixEnd(lower)})
		if err != nil {
			yield([2][]byte{}, err)
			return
		}
		begin, next := it.First, it.Next
		if reverse {
			begin, next = it.Last, it.Prev
		}
		for begin(); it.Valid(); next() {
			value, err := it.ValueAndErr()
			if err != nil {
				break // it.Error has it
			}
			pair := [2][]byte{append([]byte(nil), it.Key()[1:]...), append([]byte{}, value...)}
			if !yield(pair, nil) {
				_ = it.Close()
				return
			}
		}
		if err := errors.Join(it.Error(), it.Close()); err != nil {
			yield([2][]byte{}, err)
		}
	}
}

// prefixEnd is the first key behind all that begin with a prefix, whose first byte is not 0xff.
func prefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for end[len(end)-1] == 0xff {
		end = end[:len(end)-1]
	}
	end[len(end)-1]++
	return end
}

// Commit implements projections.Views.
func (v *View) Commit(changes map[string][]byte, at projections.Checkpoint) error {
	checkpoint, err := json.Marshal(at)
	if err != nil {
		return fmt.Errorf("view %s: %w", v.name, err)
	}
	return v.change(func(b *lsm.Batch) error {
		entry := []byte{entryPrefix} // a batch copies what it is given
		for key, value := range changes {
			entry = append(entry[:1], key...)
			var err error
			if value == nil {
				err = b.Delete(entry, nil)
			} else {
				err = b.Set(entry, value, nil)
			}
			if err != nil {
				return err
			}
		}
		return b.Set(checkpointKey, checkpoint, nil)
	})
}

// Clear implements projections.Views.
func (v *View) Clear() error {
	return v.change(func(b *lsm.Batch) error {
		return b.DeleteRange(checkpointKey, entryEnd, nil)
	})
}

// change commits one batch.
func (v *View) change(fill func(*lsm.Batch) error) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.gate.RUnlock()
	if err := v.room.check(); err != nil {
		return fmt.Errorf("view %s: %w", v.name, err)
	}
	batch := v.folder.db.NewBatch()
	err := fill(batch)
	if err == nil {
		err = v.folder.apply(batch)
	}
	if err != nil {
		return fmt.Errorf("view %s: %w", v.name, err)
	}
	return closeBatch(batch)
}

// Recover implements projections.Views: a folder whose writing failed is closed and opened again, for a view need not
// wait for a restart as the events do. It waits for reads in progress. While it can't be opened, reading fails too.
func (v *View) Recover() error {
	v.gate.Lock()
	defer v.gate.Unlock()
	if v.closed {
		return fmt.Errorf("view %s is closed", v.name)
	}
	if v.folder != nil && v.folder.fuse.Err() == nil {
		return nil
	}
	if err := v.room.check(); err != nil {
		return err // opening writes: reads go on meanwhile
	}
	if v.folder != nil {
		v.folder.fuse.abandon(v.folder.fuse.Err()) // nothing is left to be written that closing could wait for
		if err := v.folder.close(); errors.Is(err, errWrecked) {
			return err
		}
		v.folder = nil
	}
	f, err := v.open()
	if err != nil {
		return fmt.Errorf("view %s: %w", v.name, err)
	}
	v.folder = f
	return nil
}

// Close implements projections.Views. It waits for reads in progress. Closing twice is harmless.
func (v *View) Close() error {
	err := v.shut()
	v.free()
	return err
}

func (v *View) shut() error {
	v.gate.Lock()
	defer v.gate.Unlock()
	v.closed = true
	if v.folder == nil {
		return nil
	}
	f := v.folder
	v.folder = nil
	failed := f.fuse.Err() != nil // told when it happened, and nothing is lost with it that can't be made again
	err := f.close()
	if failed {
		err = nil
	}
	if v.doomed.Load() {
		err = errors.Join(err, v.remove())
	}
	return err
}

// flush makes durable what was committed.
func (v *View) flush() error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.gate.RUnlock()
	if err := v.folder.db.Flush(); err != nil {
		return err
	}
	return v.folder.fuse.Err()
}
