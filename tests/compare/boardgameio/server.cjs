// Two-player chess as a boardgame.io game, its states in PostgreSQL or in the files that boardgame.io can write by itself.
// The position is all that the state holds: boardgame.io keeps the log of moves. It sends a new state to both players and
// stores it then.
const { INVALID_MOVE } = require('boardgame.io/core')
const { FlatFile, Origins, Server } = require('boardgame.io/server')
const { PostgresStore } = require('bgio-postgres')
const { Chess, DEFAULT_POSITION } = require('chess.js')

const result = (chess) => chess.isCheckmate() ? 'mate' : chess.isStalemate() ? 'stalemate' : chess.isInsufficientMaterial() ? 'insufficient' : null

const game = {
  name: 'chess',
  minPlayers: 2,
  maxPlayers: 2,
  disableUndo: true,
  setup: () => ({ fen: DEFAULT_POSITION, ply: 0, last: null, result: null }),
  turn: { minMoves: 1, maxMoves: 1 },
  moves: {
    move: ({ G }, uci) => {
      const chess = new Chess(G.fen)
      try {
        chess.move(uci)
      } catch {
        return INVALID_MOVE
      }
      return { fen: chess.fen(), ply: G.ply + 1, last: uci, result: result(chess) }
    },
  },
  endIf: ({ G }) => G.result ? { result: G.result } : undefined,
}

const server = Server({
  games: [game],
  origins: [Origins.LOCALHOST],
  db: process.env.DATABASE_URL ? new PostgresStore(process.env.DATABASE_URL, { logging: false }) : new FlatFile({ dir: process.env.DATA }),
})
server.run({ port: Number(process.env.PORT) }, () => console.log(`listening on http://127.0.0.1:${process.env.PORT}`))
