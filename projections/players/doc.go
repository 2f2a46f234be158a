// Package players knows what people are called. Names live in each person's own stream and nowhere else, so that
// deleting the stream forgets the person. It imports the domain and the ports of projections.
//
// The one invariant: what is kept in memory is a cache of the newest event of each stream.
package players
