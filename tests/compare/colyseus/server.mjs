// Two-player chess as a Colyseus room: the state is synchronized to both players, and the reply to a request is the mover's
// confirmation. Patches go out with each move, not every 50 ms, as its documentation advises where there is no simulation.
// A room lives in its process's memory; Colyseus brings no store for it.
import { Room, Server } from '@colyseus/core'
import { schema, t } from '@colyseus/schema'
import { WebSocketTransport } from '@colyseus/ws-transport'
import { Chess } from 'chess.js'

const State = schema({ fen: t.string(), moves: t.array('string'), result: t.string() }, 'ChessState')

const result = (chess) => chess.isCheckmate() ? 'mate' : chess.isStalemate() ? 'stalemate' : chess.isInsufficientMaterial() ? 'insufficient' : ''

class ChessRoom extends Room {
  maxClients = 2
  patchRate = null

  onCreate() {
    this.chess = new Chess()
    this.seats = []
    this.state = new State()
    this.state.fen = this.chess.fen()
    this.state.result = ''
    this.onMessage('move', (client, uci) => {
      if (this.state.result) throw new Error('the game is over')
      if (this.seats[this.state.moves.length % 2] !== client.sessionId) throw new Error('not your turn')
      this.chess.move(uci) // throws if illegal; the player is told
      this.state.moves.push(uci)
      this.state.fen = this.chess.fen()
      this.state.result = result(this.chess)
      this.broadcastPatch()
      return { ply: this.state.moves.length }
    })
  }

  onJoin(client) {
    this.seats.push(client.sessionId)
  }

  async onDrop(client) {
    await this.allowReconnection(client, 60)
  }
}

const server = new Server({ greet: false, transport: new WebSocketTransport({}) })
server.define('chess', ChessRoom)
await server.listen(Number(process.env.PORT), '127.0.0.1')
console.log(`listening on http://127.0.0.1:${process.env.PORT}`)
