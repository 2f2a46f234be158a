package fold

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"iter"
	"strings"

	"github.com/plygames/ply/projections"
)

// Difference tells two folders of one view apart, at the same position.
type Difference struct {
	Old  string   `json:"old,omitempty"`  // checksum of the live folder, in hexadecimal
	New  string   `json:"new,omitempty"`  // checksum of what was folded anew
	Rows int64    `json:"rows"`           // that differ: in one folder only, or with other values
	Keys []string `json:"keys,omitempty"` // of the first of them
}

// Equal tells whether there is no difference. Without a comparison it says nothing.
func (d Difference) Equal() bool { return d.Rows == 0 && d.Old == d.New }

// keysShown is how many differing keys are named.
const keysShown = 10

// reader goes through what of a folder counts for its checksum, in the order of the keys.
type reader struct {
	folder projections.Views
	next   func() ([2][]byte, error, bool)
	stop   func()
	entry  [2][]byte
	more   bool
	sum    hash.Hash
}

func entries(folder projections.Views) *reader { return &reader{folder: folder, sum: sha256.New()} }

// open takes the folder as it is now: it goes to the first entry, and later changes do not show.
func (r *reader) open() error {
	r.next, r.stop = iter.Pull2(r.folder.Scan(nil, false))
	return r.advance()
}

func (r *reader) close() {
	if r.stop != nil {
		r.stop()
	}
}

// advance goes to the next entry.
func (r *reader) advance() error {
	for {
		entry, err, more := r.next()
		if err != nil {
			return err
		}
		r.entry, r.more = entry, more
		if !more || counts(entry[0]) {
			return nil
		}
	}
}

// take counts the entry for the checksum and goes on.
func (r *reader) take() error {
	write(r.sum, r.entry)
	return r.advance()
}

func (r *reader) checksum() string { return hex.EncodeToString(r.sum.Sum(nil)) }

// counts: what is parked, and the rows of the view.
func counts(key []byte) bool {
	return len(key) > 0 && (key[0] == views || bytes.HasPrefix(key, ownKey(parkedKey)))
}

// difference goes through two folders at once. Both are open.
func difference(ctx context.Context, old, anew *reader) (d Difference, err error) {
	for n := 0; old.more || anew.more; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return d, ctx.Err()
		}
		side := order(old, anew)
		if key := old.entry[0]; side != 0 || !bytes.Equal(old.entry[1], anew.entry[1]) {
			if side > 0 {
				key = anew.entry[0]
			}
			d.Rows++
			if len(d.Keys) < keysShown {
				d.Keys = append(d.Keys, shown(key))
			}
		}
		if side <= 0 {
			if err := old.take(); err != nil {
				return d, err
			}
		}
		if side >= 0 {
			if err := anew.take(); err != nil {
				return d, err
			}
		}
	}
	d.Old, d.New = old.checksum(), anew.checksum()
	return d, nil
}

// order tells whose next key comes first: -1 the old one's, 1 the new one's, 0 they have the same.
func order(old, anew *reader) int {
	switch {
	case !anew.more:
		return -1
	case !old.more:
		return 1
	default:
		return bytes.Compare(old.entry[0], anew.entry[0])
	}
}

// shown is a key for people. Control characters are not theirs.
func shown(key []byte) string {
	text := string(key[1:])
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '.'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}
