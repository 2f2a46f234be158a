package bus

import (
	"fmt"

	"github.com/plygames/ply/domain/event"
)

// author writes the histories of games in one global order.
type author struct {
	position int
	heads    map[string]event.Hash
	versions map[string]uint64
}

func newAuthor() *author {
	return &author{heads: map[string]event.Hash{}, versions: map[string]uint64{}}
}

// write gives the next event of a game.
func (a *author) write(game string, meta, data []byte) event.Recorded {
	stream := event.GameStream(game)
	if a.versions[game] == 0 {
		a.heads[game] = event.Genesis(stream)
	}
	a.position++
	a.versions[game]++
	a.heads[game] = event.Next(a.heads[game], "move-played.v1", meta, data)
	return event.Recorded{
		Stream: stream, Version: a.versions[game], Position: position(a.position),
		ID: a.heads[game].ID(), Type: "move-played.v1", Meta: meta, Data: data,
	}
}

// write many events of so many games, taking turns.
func (a *author) many(games, events int) []event.Recorded {
	var all []event.Recorded
	for i := range events {
		all = append(all, a.write(name(i%games), []byte(fmt.Sprintf(`{"at":%d}`, i)), []byte(fmt.Sprintf(`{"m":%d}`, i))))
	}
	return all
}

// one is the next event of a game.
func (a *author) one(game string) []event.Recorded {
	return []event.Recorded{a.write(game, []byte(`{"at":1}`), []byte(`{}`))}
}

func name(i int) string { return fmt.Sprintf("k3JqT9xBv%03d", i) }

func position(n int) event.Position { return event.Position(fmt.Sprintf("%010d", n)) }
