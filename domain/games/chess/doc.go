// Package chess is the chess plug-in. The rules come from github.com/corentings/chess/v2, which no other package of
// ours imports; what that library leaves open is decided here: which repetitions count (an en-passant right only if
// a legal capture exists), when a game is over by itself, who can still mate when a flag falls, and strict setups.
//
// A Board is small and immutable: the start, the moves in 16 bits each, one 64-bit key per position, and one
// position of the library. Legal moves are generated at most once per board, when somebody first asks, and never
// while stored moves are replayed: those were judged when they were made. Whoever doubts that asks a second opinion
// (second.go, pieces.go), which shares no code with the library's rules and decides nothing in play.
//
// The invariant: a *chess.Position that a Board holds is only read. The library's positions cache on first use, so
// everything that would fill a cache works on a copy of the struct. Hence a Board may be read by many goroutines.
//
// Source of the rules: FIDE Laws of Chess (2023), articles 3 (moves), 5.2.2 and 9.6 (ends that nobody has to claim),
// 6.9 (flags), 9.2 and 9.3 (claims).
package chess
