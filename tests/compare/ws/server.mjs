// Two-player chess as one writes it with ws, chess.js and pg: the rules in memory, every move one row of a table, and the
// answer after the commit. PostgreSQL's defaults (fsync and synchronous_commit on) make that row durable.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Chess } from 'chess.js'
import pg from 'pg'
import { WebSocketServer } from 'ws'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
await pool.query(`
  CREATE TABLE IF NOT EXISTS games (id text PRIMARY KEY, white text NOT NULL, black text NOT NULL, result text);
  CREATE TABLE IF NOT EXISTS moves (game text, ply int, uci text NOT NULL, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (game, ply))`)

const games = new Map() // id -> promise of a game, so that two sockets at once load it once

function load(id) {
  let loading = games.get(id)
  if (!loading) {
    loading = (async () => {
      const { rows: [row] } = await pool.query('SELECT white, black, result FROM games WHERE id = $1', [id])
      if (!row) return null
      const { rows } = await pool.query('SELECT uci FROM moves WHERE game = $1 ORDER BY ply', [id])
      const chess = new Chess()
      for (const { uci } of rows) chess.move(uci)
      return { id, tokens: [row.white, row.black], over: row.result !== null, chess, moves: rows.map((r) => r.uci), sockets: [null, null], busy: false }
    })()
    games.set(id, loading)
    loading.then((game) => game || games.delete(id), () => games.delete(id))
  }
  return loading
}

const result = (chess) => chess.isCheckmate() ? 'mate' : chess.isStalemate() ? 'stalemate' : chess.isInsufficientMaterial() ? 'insufficient' : null

async function move(game, side, socket, { id, uci }) {
  const refuse = (error) => socket.send(JSON.stringify({ t: 'error', id, error }))
  if (game.over) return refuse('the game is over')
  if (game.busy || game.moves.length % 2 !== side) return refuse('not your turn')
  try {
    game.chess.move(uci)
  } catch {
    return refuse('illegal move')
  }
  const ply = game.moves.length + 1
  const end = result(game.chess)
  game.busy = true
  try {
    await pool.query('INSERT INTO moves (game, ply, uci) VALUES ($1, $2, $3)', [game.id, ply, uci])
    if (end) await pool.query('UPDATE games SET result = $2 WHERE id = $1', [game.id, end])
  } catch (err) {
    games.delete(game.id) // whether it was stored is not known: the next one loads what is there
    for (const s of game.sockets) s?.close(1011)
    return refuse(err.message)
  } finally {
    game.busy = false
  }
  game.moves.push(uci)
  game.over = end !== null
  socket.send(JSON.stringify({ t: 'ok', id, ply }))
  game.sockets[1 - side]?.send(JSON.stringify({ t: 'move', ply, uci, fen: game.chess.fen(), end }))
}

const server = createServer(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '/games') return response.writeHead(404).end()
  const made = { id: randomUUID(), white: randomUUID(), black: randomUUID() }
  try {
    await pool.query('INSERT INTO games (id, white, black) VALUES ($1, $2, $3)', [made.id, made.white, made.black])
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(made))
  } catch {
    response.writeHead(503).end()
  }
})

new WebSocketServer({ server }).on('connection', async (socket, request) => {
  const early = [] // what comes while the game is loaded
  let receive = (data) => early.push(data)
  socket.on('message', (data) => receive(data))
  const url = new URL(request.url, 'http://localhost')
  const game = await load(url.pathname.slice('/games/'.length)).catch(() => null)
  const side = game ? game.tokens.indexOf(url.searchParams.get('token')) : -1
  if (side < 0) return socket.close(1008, 'no such game or seat')
  game.sockets[side] = socket
  socket.on('close', () => {
    if (game.sockets[side] === socket) game.sockets[side] = null
    if (!game.sockets[0] && !game.sockets[1]) games.delete(game.id)
  })
  socket.send(JSON.stringify({ t: 'state', moves: game.moves, fen: game.chess.fen() }))
  receive = (data) => {
    let message
    try {
      message = JSON.parse(data)
    } catch {
      return socket.close(1007)
    }
    if (message?.t === 'move') move(game, side, socket, message)
  }
  early.forEach(receive)
})

server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${process.env.PORT}`))
