package rest

import (
	"net/http"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess/pgn"
)

// pgn gives a game for other programs: GET /api/games/{game}.pgn. Kinds of game without algebraic notation have none.
func (a *api) pgn(w http.ResponseWriter, r *http.Request, v sight) error {
	sheet := game.NewSheet(v.shown.ID)
	err := a.History.Steps(r.Context(), v.shown.ID, 0, v.shown.Version, func(step game.Step) bool {
		sheet.Note(step)
		return true
	})
	if err != nil {
		return err
	}
	b, ok := pgn.Append(make([]byte, 0, 1024+48*len(sheet.Plies)), sheet, a.name)
	if !ok {
		return domain.Refuse(domain.NotFound, "games of this kind have no PGN")
	}
	w.Header().Set("Content-Type", "application/x-chess-pgn; charset=utf-8")
	_, _ = w.Write(b)
	return nil
}
