package trial

import (
	"bytes"
	"iter"
	"slices"
	"sync"

	"github.com/plygames/ply/projections"
)

// Views is a folder in memory. Safe for concurrent use.
type Views struct {
	mu   sync.Mutex
	rows map[string][]byte
	at   projections.Checkpoint
	fail error
}

var _ projections.Views = (*Views)(nil)

// NewViews makes an empty folder.
func NewViews() *Views { return &Views{rows: make(map[string][]byte)} }

// Fail makes every Commit fail with an error; nil ends it.
func (v *Views) Fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fail = err
}

func (v *Views) Get(key []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return bytes.Clone(v.rows[string(key)]), nil
}

// Scan shows the folder as it is when the iteration begins.
func (v *Views) Scan(prefix []byte, reverse bool) iter.Seq2[[2][]byte, error] {
	return func(yield func([2][]byte, error) bool) {
		v.mu.Lock()
		var found [][2][]byte
		for k, value := range v.rows {
			if bytes.HasPrefix([]byte(k), prefix) {
				found = append(found, [2][]byte{[]byte(k), bytes.Clone(value)})
			}
		}
		v.mu.Unlock()
		slices.SortFunc(found, func(a, b [2][]byte) int { return bytes.Compare(a[0], b[0]) })
		if reverse {
			slices.Reverse(found)
		}
		for _, row := range found {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (v *Views) Checkpoint() (projections.Checkpoint, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.at, nil
}

func (v *Views) Commit(changes map[string][]byte, at projections.Checkpoint) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fail != nil {
		return v.fail
	}
	for k, value := range changes {
		if value == nil {
			delete(v.rows, k)
			continue
		}
		v.rows[k] = bytes.Clone(value)
	}
	v.at = at
	return nil
}

func (v *Views) Clear() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	clear(v.rows)
	v.at = projections.Checkpoint{}
	return nil
}

// Recover has nothing to do: a commit here fails without consequences.
func (v *Views) Recover() error { return nil }

func (v *Views) Close() error { return nil }
