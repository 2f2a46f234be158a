// boardgame.io over its own transport, socket.io. It has no acknowledgement: a move is confirmed when the mover gets the state
// that holds it. Its JavaScript client would also play every move itself in advance; the players here only listen.
import { io } from 'socket.io-client'
import { post } from './http.mjs'

export async function newGame(url) {
  const { matchID } = await post(`${url}/games/chess/create`, { numPlayers: 2 })
  const game = { id: matchID, credentials: [], players: [] }
  for (const playerID of ['0', '1']) {
    const joined = await post(`${url}/games/chess/${matchID}/join`, { playerID, playerName: `player ${playerID}` })
    game.credentials.push(joined.playerCredentials)
  }
  await resume(url, game)
  return game
}

export async function resume(url, game) {
  game.players.forEach((p) => p.socket.close())
  const plies = await Promise.all([0, 1].map((side) => new Promise((resolve, reject) => {
    const player = { ply: 0, stateID: 0, waiting: null }
    const socket = io(`${url}/chess`, { transports: ['websocket'], forceNew: true, reconnection: false })
    player.socket = socket
    game.players[side] = player
    const take = (state) => {
      player.stateID = state._stateID
      const grown = state.G.ply > player.ply
      player.ply = state.G.ply
      return grown
    }
    socket.on('connect_error', reject)
    socket.on('connect', () => socket.emit('sync', game.id, String(side), game.credentials[side], 2))
    socket.on('sync', (_, info) => {
      take(info.state)
      resolve(player.ply)
    })
    socket.on('update', (_, state) => {
      if (!take(state)) return
      const { waiting } = player
      if (waiting && player.ply >= waiting.ply) {
        player.waiting = null
        waiting.done(null)
      }
      game.seen?.(side, player.ply)
    })
  })))
  return Math.min(...plies)
}

export function move(game, side, uci, done) {
  const player = game.players[side]
  player.waiting = { ply: player.ply + 1, done }
  const payload = { type: 'move', args: [uci], playerID: String(side), credentials: game.credentials[side] }
  player.socket.emit('update', { type: 'MAKE_MOVE', payload }, player.stateID, game.id, String(side))
}

export const close = (game) => game.players.forEach((p) => p.socket.close())
