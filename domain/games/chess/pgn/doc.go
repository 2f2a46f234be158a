// Package pgn writes and reads chess in Portable Game Notation (Edwards 1994), with the clock annotations of its usual
// extension ([%clk], [%emt]). It is the one writer for a game over HTTP and for bulk exports, and the reader of imports.
// It lies below domain/games/chess because reading moves needs the rules library, which may be used nowhere else.
//
// It may import domain and the rules library.
//
// The one invariant: what the writer writes, the reader reads as the same moves and the same result.
package pgn
