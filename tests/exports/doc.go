// Package exports proves what analysts get: the tournament that is imported comes out again, and python-chess, DuckDB and
// pgn-extract, which are not ours, read it without a complaint. It kills imports and exports with -9 and goes on.
package exports
