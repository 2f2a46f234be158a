// ply.v1: a move is confirmed by `ok`, which the server sends when the move is on disk.
import { randomUUID } from 'node:crypto'
import WebSocket from 'ws'
import { post, opened } from './http.mjs'

export async function newGame(url, table) {
  table.guests ??= await Promise.all(['White', 'Black'].map((name) => post(`${url}/api/guests`, { name })))
  const as = (side) => ({ authorization: `Bearer ${table.guests[side].token}` })
  const made = await post(`${url}/api/games`, { id: randomUUID(), kind: 'chess', seat: 'white', access: 'open' }, as(0))
  await post(`${url}/api/games/${made.game}/seats/black`, { id: randomUUID() }, as(1))
  const game = { id: made.game, headers: [as(0), as(1)], players: [] }
  await resume(url, game)
  return game
}

// resume opens both players' sockets and tells how many moves the server has.
export async function resume(url, game) {
  const plies = await Promise.all([0, 1].map(async (side) => {
    const player = { v: 0, ply: 0, waiting: new Map(), next: 0 }
    const socket = new WebSocket(`${url.replace('http', 'ws')}/play/${game.id}`, 'ply.v1', { headers: game.headers[side], perMessageDeflate: false })
    player.socket = socket
    game.players[side] = player
    const state = new Promise((resolve, reject) => {
      socket.on('close', (code, reason) => reject(new Error(`closed ${code} ${reason}`)))
      socket.on('message', (data) => {
        for (const line of data.toString().split('\n')) {
          const m = JSON.parse(line)
          if (m.t === 'ok' || m.t === 'error') {
            const done = player.waiting.get(m.id)
            player.waiting.delete(m.id)
            done?.(m.t === 'error' ? new Error(`${m.code}: ${m.message}`) : null)
            continue
          }
          if (m.t === 'state') {
            player.v = m.v
            player.ply = m.view.moves?.length ?? 0
            resolve(player.ply)
          } else if (m.v !== undefined && m.t !== 'live' && m.t !== 'pong') {
            player.v = m.v
          }
          if (m.t === 'move') game.seen?.(side, ++player.ply)
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
  const id = `m${side}-${game.plies}-${player.next++}`
  player.waiting.set(id, done)
  player.socket.send(JSON.stringify({ t: 'move', id, v: player.v, m: uci }))
}

export const close = (game) => game.players.forEach((p) => p.socket.terminate())
