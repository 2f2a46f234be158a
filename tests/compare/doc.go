// Package compare plays the same games in one run against ply and against what people would take instead: boardgame.io,
// Colyseus, and a plain Node server of ws, chess.js and PostgreSQL. `make compare` prints the table.
//
// Every stack is installed from its registry at exact versions, outside of the repository, and runs as its documentation
// advises. The players are Node processes for all of them, ply too: Colyseus' patches can only be read by its own client,
// and a faster client for one stack would be measured as a faster stack.
//
// The one invariant: all stacks get the same games, the same number of players and the same time, in turns; nothing is
// left out of the table because of how it turned out.
package compare
