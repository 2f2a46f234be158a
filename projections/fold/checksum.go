package fold

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/plygames/ply/projections"
)

// Checksum is the SHA-256 of all rows of a view's folder and of what is parked there, in the order of their keys. Two
// folders of one view at the same checkpoint have the same checksum, on whichever server.
func Checksum(folder projections.Views) ([sha256.Size]byte, error) {
	h := sha256.New()
	var size [8]byte
	for _, prefix := range [][]byte{ownKey(parkedKey), rowKey("")} {
		for kv, err := range folder.Scan(prefix, false) {
			if err != nil {
				return [sha256.Size]byte{}, err
			}
			for _, part := range kv {
				binary.BigEndian.PutUint64(size[:], uint64(len(part)))
				h.Write(size[:])
				h.Write(part)
			}
		}
	}
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return sum, nil
}
