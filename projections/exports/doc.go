// Package exports reads whole histories in bulk: every game of a store, one after the other in the order in which they
// were created, as one row each; and writes rows as PGN and NDJSON. Parquet, which needs a library, is infra/parquet.
//
// It may import domain and the ports of projections.
//
// The one invariant: what was written up to a Position, and the Position, are enough to go on and end with the same
// bytes as a run that was never interrupted, as long as the games have not changed meanwhile; memory does not grow with
// the store.
package exports
