// Colyseus' own client: a move is a request, confirmed by its reply; the other player sees it in the state.
import { Client } from '@colyseus/sdk'

export async function newGame(url) {
  const client = new Client(url)
  const game = { client, players: [] }
  // The first state follows at once, so each room is watched as soon as it is there.
  const white = await client.create('chess')
  watch(game, 0, white)
  watch(game, 1, await client.joinById(white.roomId))
  await Promise.all(game.players.map((p) => p.first))
  return game
}

function watch(game, side, room) {
  room.reconnection.enabled = false // resume does it, when the server is there again
  room.onError(() => {})
  const player = { room, ply: 0 }
  player.first = new Promise((resolve) => {
    room.onStateChange((state) => {
      resolve(state.moves.length)
      if (state.moves.length > player.ply) {
        player.ply = state.moves.length
        game.seen?.(side, player.ply)
      }
    })
  })
  game.players[side] = player
}

// resume tries what the client offers: first the reconnection token, then the room by its id.
export async function resume(url, game) {
  const plies = await Promise.all(game.players.map(async ({ room }, side) => {
    const back = await game.client.reconnect(room.reconnectionToken).catch(() => game.client.joinById(room.roomId))
    watch(game, side, back)
    game.players[side].ply = await game.players[side].first
    return game.players[side].ply
  }))
  return Math.min(...plies)
}

export function move(game, side, uci, done) {
  game.players[side].room.request('move', uci, { timeout: 60_000 }).then(() => done(null), done)
}

export const close = (game) => game.players.forEach((p) => p.room.leave().catch(() => {}))
