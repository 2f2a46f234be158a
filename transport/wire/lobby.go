package wire

import (
	"bytes"
	"encoding/json"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
)

// Offer is an open game as the lobby shows it.
type Offer struct {
	Game   string
	Kind   string
	Clock  clock.Spec
	Rated  bool
	Seat   game.Seat // the first that is free
	By     string    // who created it
	Rating int       // of that player, if they wait in it; 0 = not known
	Pair   json.RawMessage
}

// Offer encodes an open game for the three lines of the lobby.
func (e *Encoder) Offer(o Offer) []byte {
	b := append(make([]byte, 0, 256), `{"game":`...)
	b = appendString(b, o.Game)
	b = fieldString(b, "kind", o.Kind)
	b = append(b, `,"clock":{`...)
	b = append(appendSpec(b, o.Clock), '}')
	b = fieldBool(b, "rated", o.Rated)
	b = fieldString(b, "seat", string(o.Seat))
	if o.By != "" {
		b = append(b, `,"by":`...)
		b = append(e.appendPlayer(b, o.By, o.Rating), '}')
	}
	b = fieldRaw(b, "pair", o.Pair)
	return append(b, '}')
}

// LobbyGames tells of all open games, as Offer encodes them.
func LobbyGames(offers [][]byte) []byte {
	size := 32
	for _, o := range offers {
		size += len(o) + 1
	}
	b := append(open(make([]byte, 0, size), "games"), `,"games":[`...)
	b = append(b, bytes.Join(offers, []byte{','})...)
	return append(b, `]}`...)
}

// LobbyOpen tells that a game, as Offer encodes it, is open now, or has changed.
func LobbyOpen(offer []byte) []byte {
	b := append(open(make([]byte, 0, len(offer)+24), "open"), `,"game":`...)
	b = append(b, offer...)
	return append(b, '}')
}

// LobbyClosed tells that a game is not open any more.
func LobbyClosed(id string) []byte {
	b := open(make([]byte, 0, 48), "closed")
	return append(fieldString(b, "game", id), '}')
}
