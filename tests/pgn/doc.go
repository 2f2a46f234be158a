// Package pgn reads games in Portable Game Notation for the tests: main lines, results and set-up positions, as the
// rules library understands them. It is a second opinion on what domain/games/chess makes of the same moves, so it
// imports the library and nothing of ours.
package pgn
