package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/plygames/ply/domain/game"
)

// names checks what the rest of the server takes for granted before a game begins.
func names(p *Plugin) error {
	kind := regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	seat := regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	seats := p.Seats()
	switch {
	case !kind.MatchString(p.Kind()):
		return fmt.Errorf("kind %q does not match %s", p.Kind(), kind)
	case p.Schema() == "":
		return fmt.Errorf("no schema")
	case len(seats) < 2:
		return fmt.Errorf("%d seats", len(seats))
	case !slices.Equal(seats, p.Seats()):
		return fmt.Errorf("seats change from call to call")
	}
	for i, s := range seats {
		if !seat.MatchString(string(s)) || slices.Contains(seats[:i], s) {
			return fmt.Errorf("seat %q is no name, or is there twice", s)
		}
	}
	return nil
}

// isObject tells whether something shown is a JSON object without null: absent means none.
func isObject(raw json.RawMessage) error {
	if !json.Valid(raw) || len(raw) < 2 || raw[0] != '{' {
		return fmt.Errorf("not a JSON object: %s", raw)
	}
	tokens := json.NewDecoder(bytes.NewReader(raw))
	for {
		switch t, err := tokens.Token(); {
		case err != nil: // the end: it is valid
			return nil
		case t == nil:
			return fmt.Errorf("null in %s", raw)
		}
	}
}

// shownBytes is what one audience gets to see of a board, as text.
func shownBytes(b game.Board, to game.Audience) string {
	s := fmt.Sprintf("view %s\nturn %q\n", b.View(to), b.Turn())
	if to.Seat() != "" {
		s += fmt.Sprintf("legal %s\n", b.Legal(to.Seat()))
	}
	return s
}
