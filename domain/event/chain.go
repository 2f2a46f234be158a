package event

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Hash is the head of a stream's hash chain at some version. The zero Hash means "not known".
type Hash [sha256.Size]byte

// String is the hash in lower-case hex, 64 digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ID identifies an event by its content and all that came before it: the first 16 bytes of the chain's head,
// marked as a UUID of version 8 (RFC 9562 section 5.8).
type ID [16]byte

// String is the canonical form of the UUID.
func (id ID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

// Genesis is the hash that the first event of a stream builds on. It names the stream, so that a history can't
// be passed off as another stream's.
func Genesis(stream Stream) Hash { return sha256.Sum256([]byte("ply " + stream)) }

// Next is the chain's head after one more event: SHA-256(prev | type | meta | data), each part preceded by its
// length (uint32, big endian) so that no two events share an encoding.
func Next(prev Hash, typ string, meta, data []byte) Hash {
	var room [768]byte // most events fit, and are hashed without garbage
	buf := append(room[:0], prev[:]...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(typ)))
	buf = append(buf, typ...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(meta)))
	buf = append(buf, meta...)
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(data)))
	buf = append(buf, data...)
	return sha256.Sum256(buf)
}

// ID is the event id that belongs to a chain head.
func (h Hash) ID() ID {
	var id ID
	copy(id[:], h[:])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
