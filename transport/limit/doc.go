// Package limit holds the limits per second of section 10 of the protocol: buckets that refill with time, so many per
// key, in bounded memory. Sockets and HTTP share them. It imports the standard library only.
//
// The one invariant: a bucket that was forgotten was full, or the memory was; a limit is never stricter than it says.
package limit
