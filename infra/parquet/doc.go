// Package parquet writes exports as Apache Parquet, the columnar format that analysts' tools open. The columns are the
// fields of exports.Row.
//
// A Parquet file ends with a description of all its row groups, so one that breaks off is worth nothing. Here each row
// group is encoded in memory as a file of its own, and its pages are appended to the file that is being written; the
// descriptions collected so far are the state to go on with later.
//
// It may import domain and projections, and is the only importer of the Parquet library.
//
// The one invariant: a file that was continued from a state has the same bytes as one that was written in one go.
package parquet
