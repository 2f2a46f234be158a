// The plain server's own protocol: a move is confirmed by `ok`, which it sends after the commit.
import WebSocket from 'ws'
import { post, opened } from './http.mjs'

export async function newGame(url) {
  const made = await post(`${url}/games`, {})
  const game = { id: made.id, tokens: [made.white, made.black], players: [] }
  await resume(url, game)
  return game
}

export async function resume(url, game) {
  const plies = await Promise.all([0, 1].map(async (side) => {
    const player = { waiting: new Map(), next: 0 }
    const socket = new WebSocket(`${url.replace('http', 'ws')}/games/${game.id}?token=${game.tokens[side]}`, { perMessageDeflate: false })
    player.socket = socket
    game.players[side] = player
    const state = new Promise((resolve, reject) => {
      socket.on('close', (code, reason) => reject(new Error(`closed ${code} ${reason}`)))
      socket.on('message', (data) => {
        const m = JSON.parse(data)
        if (m.t === 'state') resolve(m.moves.length)
        if (m.t === 'move') game.seen?.(side, m.ply)
        if (m.t === 'ok' || m.t === 'error') {
          const done = player.waiting.get(m.id)
          player.waiting.delete(m.id)
          done?.(m.t === 'error' ? new Error(m.error) : null)
        }
      })
    })
    state.catch(() => {})
    await opened(socket)
    return state
  }))
  return Math.min(...plies)
}

export function move(game, side, uci, done) {
  const player = game.players[side]
  const id = player.next++
  player.waiting.set(id, done)
  player.socket.send(JSON.stringify({ t: 'move', id, uci }))
}

export const close = (game) => game.players.forEach((p) => p.socket.terminate())
