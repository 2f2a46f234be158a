// Package journal is the write-behind journal: a commands.EventStore over another one ("the store"). An append to a
// game is acknowledged as soon as Redis has it on disk; flushers move the events to the store in bulk. Reading one game
// shows the store and the journal's tail as one stream; the global order, and with it the relay and every view, sees
// only the store and lags by the flush interval.
//
// One rule says which way a stream goes: streams of games go through the journal, all others (people, ply-settings)
// straight to the store, for reading and for writing.
//
// In Redis everything about a game lies in its bucket, FNV-1a(stream) % 1024; all keys begin with "ply:journal:{bucket}:".
//
//	gen           hash: of = the journal's incarnation, n = the generation, closed = set while the journal is turned off
//	dirty         set of streams with a tail
//	idle          sorted set: stream -> ms of the clock of Redis when its tail was last emptied
//	halted        hash: stream -> why
//	head:<stream> version of the last event, in the tail or in the store
//	tail:<stream> stream: entry 0-<version> with the fields type, meta, data, id and end (the last version of its append)
//
// Every step there is one Lua script. It may import domain, the ports of commands and the Redis client, not infra/redis.
//
// The one invariant: an acknowledged event leaves the tail only after the store has confirmed that very event at that
// version. Whatever fails, whoever pauses: it stays in the tail until then, and if the store holds another event at its
// version the game is halted and the event is kept.
package journal
