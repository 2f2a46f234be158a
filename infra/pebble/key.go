package pebble

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/plygames/ply/domain/event"
)

// Key layout of the events folder. All numbers are big endian, so that the order of keys is the order of numbers.
//
//	'e' | length of stream (uint16) | stream | version (uint64)   ->  the event (see record.go), its position included
//	'p' | position (uint64)                                       ->  'e' key of the event at that position
//
// The payload sits with the stream, not with the position: loading one game is on the path of a move and becomes one
// sequential scan. Reading the global order costs one point lookup per event more, but its readers normally live off
// the feed's memory and only touch the index when they start or are far behind.
const (
	eventPrefix    = 'e'
	positionPrefix = 'p'

	maxStream = 1024 // bytes of a stream's name; far above any name we make
)

// ErrPosition reports a position that this store never gave out, or that lies beyond its end: the reader's checkpoint
// is of another store, or of a future that a restore took back.
var ErrPosition = errors.New("position is not in this store")

func keySize(stream event.Stream) int { return 1 + 2 + len(stream) + 8 }

// streamPrefix is what all keys of a stream's events begin with, with room for the version.
func streamPrefix(stream event.Stream) []byte {
	k := make([]byte, 0, keySize(stream))
	k = append(k, eventPrefix)
	k = binary.BigEndian.AppendUint16(k, uint16(len(stream)))
	return append(k, stream...)
}

func eventKey(stream event.Stream, version uint64) []byte {
	return binary.BigEndian.AppendUint64(streamPrefix(stream), version)
}

// streamEnd is the first key behind all versions of a stream.
func streamEnd(stream event.Stream) []byte {
	return append(eventKey(stream, ^uint64(0)), 0)
}

// parseEventKey undoes eventKey.
func parseEventKey(k []byte) (event.Stream, uint64, error) {
	if len(k) < 1+2+8 || k[0] != eventPrefix || len(k) != 1+2+int(binary.BigEndian.Uint16(k[1:]))+8 {
		return "", 0, fmt.Errorf("%w: key %x is not an event's", errCorrupt, k)
	}
	return event.Stream(k[3 : len(k)-8]), binary.BigEndian.Uint64(k[len(k)-8:]), nil
}

func positionKey(position uint64) []byte {
	k := make([]byte, 0, 1+8)
	k = append(k, positionPrefix)
	return binary.BigEndian.AppendUint64(k, position)
}

func parsePositionKey(k []byte) (uint64, error) {
	if len(k) != 1+8 || k[0] != positionPrefix {
		return 0, fmt.Errorf("%w: key %x is not a position's", errCorrupt, k)
	}
	return binary.BigEndian.Uint64(k[1:]), nil
}

const positionDigits = 16

// formatPosition writes a position as a text of fixed width, so that positions compare as strings.
func formatPosition(p uint64) event.Position {
	if p == 0 {
		return ""
	}
	var b [positionDigits]byte
	return event.Position(appendPosition(b[:0], p))
}

func appendPosition(b []byte, p uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, digits[p>>shift&0xf])
	}
	return b
}

// parsePosition undoes formatPosition.
func parsePosition(p event.Position) (uint64, error) {
	if p == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(string(p), 16, 64)
	if err != nil || formatPosition(n) != p {
		return 0, fmt.Errorf("%w: %q", ErrPosition, string(p))
	}
	return n, nil
}
