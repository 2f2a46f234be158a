package fold

import (
	"iter"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/projections"
)

// View is one read model. Its rows are all that is kept of it; what it holds in memory must follow from them.
type View interface {
	// Name is for the log and for metrics.
	Name() string
	// Schema changes whenever rows get another meaning: the view is then folded from the beginning.
	Schema() int
	// Apply turns one event into changes of rows. It is called in the global order, by one goroutine, and must be a
	// function of the event and the rows alone. With an error (or a panic) its changes are dropped and the event parked.
	Apply(tx *Tx, rec event.Recorded) error
	// Restore forgets what is in memory and builds it from the rows.
	Restore(rows Rows) error
	// Committed takes the rows that a batch has changed (nil = deleted) into memory. What it is given is not changed any
	// more.
	Committed(changes map[string][]byte)
}

// Rows is what can be read of a view's folder. Keys are those of the view; what the framework keeps beside them is not
// among them.
type Rows struct{ views projections.Views }

// RowsOf reads a view's folder, from any goroutine.
func RowsOf(views projections.Views) Rows { return Rows{views} }

// Get gives the value of a key, nil if there is none.
func (r Rows) Get(key string) ([]byte, error) { return r.views.Get(rowKey(key)) }

// Scan gives all rows with a prefix in ascending order of keys; descending if reverse.
func (r Rows) Scan(prefix string, reverse bool) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for kv, err := range r.views.Scan(rowKey(prefix), reverse) {
			if err != nil {
				yield(Row{}, err)
				return
			}
			if !yield(Row{string(kv[0][1:]), kv[1]}, nil) {
				return
			}
		}
	}
}

// Row is one key with its value.
type Row struct {
	Key   string
	Value []byte
}

// Tx reads rows as they are after the events before, and collects changes. It is the view's until Apply returns.
type Tx struct {
	rows    Rows
	cache   *cache
	batch   map[string][]byte // changes of the events before, in the same batch
	changes changes           // of this event
}

// Get gives the value of a key, nil if there is none. It must not be changed.
func (t *Tx) Get(key string) ([]byte, error) {
	if i := t.changes.find(key); i >= 0 {
		return t.changes.list[i].Value, nil
	}
	if value, ok := t.batch[key]; ok {
		return value, nil
	}
	if value, ok := t.cache.get(key); ok {
		return value, nil
	}
	value, err := t.rows.Get(key)
	if err != nil {
		return nil, &storageError{err}
	}
	t.cache.set(key, value)
	return value, nil
}

// Set changes a row. The value belongs to the Tx from now on and is not nil.
func (t *Tx) Set(key string, value []byte) { t.changes.set(key, value) }

// Delete removes a row, if there is one.
func (t *Tx) Delete(key string) { t.changes.set(key, nil) }

// Keys of a folder begin with one byte that says whose they are.
const (
	frameworks = 0x00
	views      = 0x01
)

// rowsBegin is how the keys of rows begin.
const rowsBegin = string(rune(views))

func rowKey(key string) []byte { return append([]byte{views}, key...) }
func ownKey(key string) []byte { return append([]byte{frameworks}, key...) }
