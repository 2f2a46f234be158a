package fold

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/plygames/ply/projections"
)

// Checksum is the SHA-256 of all rows of a view's folder and of what is parked there, in the order of their keys. Two
// folders of one view at the same checkpoint have the same checksum, on whichever server.
func Checksum(folder projections.Views) (sum [sha256.Size]byte, err error) {
	r := entries(folder)
	defer r.close()
	for err = r.open(); err == nil && r.more; err = r.take() {
	}
	r.sum.Sum(sum[:0])
	return sum, err
}

// write counts a key and its value, each with its length.
func write(h hash.Hash, entry [2][]byte) {
	var size [8]byte
	for _, part := range entry {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write(part)
	}
}
