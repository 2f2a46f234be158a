// Many pairs of players against one server. Told by lines of JSON on standard input, tells by lines on standard output.
// First line in: {stack, url, lines, tables, first, rate}; then "play", "reset", "report", "resume" and "stop".
import { createInterface } from 'node:readline'

const tell = (message) => process.stdout.write(JSON.stringify(message) + '\n')
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { stack, url, lines, tables: count, first, rate } = JSON.parse((await input.next()).value)
const protocol = await import(`./${stack}.mjs`)

const every = rate > 0 ? (count / rate) * 1000 : 0 // ms between two moves of a table; 0 = as soon as seen
let acks = []
let refused = 0
let failure = ''
let stopped = false

// fail notes what should not have happened.
function fail(err) {
  if (stopped) return
  refused++
  failure ||= String(err?.message ?? err)
}

class Table {
  constructor(i) {
    this.n = first + i
    this.guests = undefined // of ply
    // The first game of each table ends somewhere else, so that not all tables begin the next one at once.
    this.cut = Math.ceil(((i + 1) / count) * 60)
  }

  async sit() {
    this.line = lines[this.n % lines.length].slice(0, this.cut)
    this.cut = undefined
    this.n += count
    const game = await protocol.newGame(url, this)
    if (stopped) return protocol.close(game)
    game.plies = 0 // sent
    game.confirmed = 0
    game.seen = (side, ply) => this.seen(game, side, ply)
    this.game = game
  }

  begin(at) {
    this.due = at
    this.next(this.game)
  }

  // seen: one side has seen so many moves. The other side than the mover goes on.
  seen(game, side, ply) {
    if (game !== this.game || ply !== game.plies || side !== ply % 2) return
    this.due += every
    this.next(game)
  }

  next(game) {
    if (stopped) return
    if (game.plies === this.line.length) {
      this.game = null
      protocol.close(game)
      this.sit().then(() => { if (!stopped) this.begin(performance.now()) }, fail)
      return
    }
    const wait = every ? this.due - performance.now() : 0
    if (wait > 0) setTimeout(() => stopped || this.send(game), wait)
    else this.send(game, every ? this.due : undefined) // late because the server was: the wait counts
  }

  send(game, since = performance.now()) {
    const ply = ++game.plies
    protocol.move(game, (ply - 1) % 2, this.line[ply - 1], (err) => {
      if (err) return fail(err)
      game.confirmed = Math.max(game.confirmed, ply)
      acks.push(performance.now() - since)
    })
  }

  // resume sits down again after a crash of the server and plays one more move of what is there.
  async resume() {
    const { game } = this
    if (!game) return null // between two games
    game.seen = undefined
    const found = { confirmed: game.confirmed, sent: game.plies, there: null, continued: false, error: '' }
    try {
      found.there = await within(patience, protocol.resume(url, game))
      game.plies = found.there
      if (found.there === this.line.length) return null // played to its end
      await within(patience, new Promise((resolve, reject) => {
        protocol.move(game, found.there % 2, this.line[found.there], (err) => err ? reject(err) : resolve())
      }))
      found.continued = true
    } catch (err) {
      found.error = String(err?.message ?? err)
    }
    return found
  }
}

// patience is how long a player waits for a server that is up again.
const patience = 120_000

const within = (ms, promise) => Promise.race([promise, new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms).unref()
})])

process.on('unhandledRejection', fail)
process.on('uncaughtException', fail)

const tables = Array.from({ length: count }, (_, i) => new Table(i))
try {
  for (let i = 0; i < tables.length; i += 16) await Promise.all(tables.slice(i, i + 16).map((t) => t.sit()))
} catch (err) {
  tell({ error: String(err?.stack ?? err) })
  process.exit(1)
}
tell({ ready: true })

for await (const command of input) {
  switch (command) {
    case 'play': {
      const now = performance.now()
      tables.forEach((t, i) => t.begin(now + (i * every) / count))
      break
    }
    case 'reset':
      acks = []
      refused = 0
      tell({ cpu: cpu() })
      break
    case 'report':
      tell({ cpu: cpu(), acks: acks.map((ms) => Math.round(ms * 1000)), refused, failure })
      break
    case 'resume': // the server is up again
      stopped = true
      tell({ found: (await Promise.all(tables.map((t) => t.resume()))).filter(Boolean) })
      break
    case 'stop':
      process.exit(0)
  }
}

// cpu is this process's processor time in seconds.
function cpu() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
