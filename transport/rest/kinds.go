package rest

import (
	"encoding/json"
	"net/http"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
)

type kindReply struct {
	Kind   string      `json:"kind"`
	Seats  []game.Seat `json:"seats"`
	Clocks []string    `json:"clocks"`
}

// describeKinds says which games there are.
func describeKinds(kinds []game.Rules) []byte {
	out := make([]kindReply, 0, len(kinds))
	for _, rules := range kinds {
		out = append(out, kindReply{rules.Kind(), rules.Seats(), []string{clock.None, clock.Fischer, clock.Delay, clock.Days}})
	}
	body, err := json.Marshal(out)
	if err != nil {
		panic("rest: strings always marshal: " + err.Error())
	}
	return body
}

// listKinds tells which games there are: GET /api/kinds.
func (a *api) listKinds(w http.ResponseWriter, _ *http.Request) error {
	line(w, http.StatusOK, append([]byte(nil), a.kinds...))
	return nil
}
