package journal

import (
	"strconv"

	"github.com/plygames/ply/domain/event"
)

// buckets is the number of buckets. It is part of what is stored and never changes.
const buckets = 1024

// Bucket is the bucket of a stream: 64-bit FNV-1a of its name, modulo 1024. It is part of what is stored and never
// changes.
func Bucket(stream event.Stream) int {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(stream) {
		h = (h ^ uint64(stream[i])) * prime
	}
	return int(h % buckets)
}

// prefix begins every key of a bucket. The braces make Redis hash them alike.
func prefix(bucket int) string { return "ply:journal:{" + strconv.Itoa(bucket) + "}:" }
