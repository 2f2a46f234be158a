// Package history reads the past of one game: its steps for backfill and for HTTP, the game as of a version, and the
// game as a delayed audience may know it. Nothing is kept between two calls; every read folds the stream.
//
// It may import projections and domain. The one invariant: what it gives was folded from stored events whose hash chain
// was checked on the way.
package history
