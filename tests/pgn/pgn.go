package pgn

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	lib "github.com/corentings/chess/v2"
)

// Game is the main line of one game.
type Game struct {
	Tags   map[string]string // in UTF-8, whatever the file was in
	Start  string            // FEN; empty = standard
	Moves  []string          // UCI
	SAN    []string          // the same moves, as the library writes them
	Final  string            // FEN after the last move; the en-passant square only if a legal capture exists
	Result string            // "1-0", "0-1", "1/2-1/2", or "*" if the file does not tell
}

// ReadFile reads all games of a file.
func ReadFile(path string) ([]Game, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	games, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return games, nil
}

// Read reads all games. One that the library can't read, or whose moves are not legal, is an error.
func Read(r io.Reader) ([]Game, error) {
	cleaned, err := withoutEscapes(r)
	if err != nil {
		return nil, err
	}
	var games []Game
	scanner := lib.NewScanner(cleaned)
	for scanner.HasNext() {
		parsed, err := scanner.ParseNext()
		if err != nil {
			return nil, fmt.Errorf("game %d: %w", len(games)+1, err)
		}
		g, err := mainLine(parsed)
		if err != nil {
			return nil, fmt.Errorf("game %d: %w", len(games)+1, err)
		}
		games = append(games, g)
	}
	return games, nil
}

// withoutEscapes drops lines that begin with %, which are private to some program (PGN standard, section 6) and
// which the library takes for moves.
func withoutEscapes(r io.Reader) (io.Reader, error) {
	var kept bytes.Buffer
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if line := lines.Bytes(); !bytes.HasPrefix(line, []byte("%")) {
			kept.Write(line)
			kept.WriteByte('\n')
		}
	}
	return &kept, lines.Err()
}

// mainLine replays a game from its start, so that nothing depends on what the parser kept of it.
func mainLine(parsed *lib.Game) (Game, error) {
	g := Game{Tags: map[string]string{}, Start: parsed.GetTagPair("FEN"), Result: "*"}
	for _, key := range []string{"Event", "White", "Black", "Date", "Result", "PlyCount"} {
		if value := parsed.GetTagPair(key); value != "" {
			g.Tags[key] = fromLatin1(value)
		}
	}
	if result := g.Tags["Result"]; result != "" {
		g.Result = result
	}
	pos := lib.StartingPosition()
	if g.Start != "" {
		pos = new(lib.Position)
		if err := pos.UnmarshalText([]byte(g.Start)); err != nil {
			return Game{}, err
		}
	}
	for i, m := range parsed.Moves() {
		uci := lib.UCINotation{}.Encode(pos, m)
		legal, ok := find(pos, uci)
		if !ok {
			return Game{}, fmt.Errorf("ply %d: %s is not legal", i+1, uci)
		}
		g.Moves = append(g.Moves, uci)
		g.SAN = append(g.SAN, lib.AlgebraicNotation{}.Encode(pos, &legal))
		pos = pos.Update(&legal)
	}
	g.Final = fen(pos)
	return g, nil
}

func find(pos *lib.Position, uci string) (lib.Move, bool) {
	for _, m := range pos.ValidMoves() {
		if m.String() == uci {
			return m, true
		}
	}
	return lib.Move{}, false
}

// fen is the library's FEN, which names an en-passant square behind every pawn that jumped, made strict.
func fen(pos *lib.Position) string {
	fields := strings.Fields(pos.String())
	legal := false
	for _, m := range pos.ValidMoves() {
		legal = legal || m.HasTag(lib.EnPassant)
	}
	if !legal {
		fields[3] = "-"
	}
	return strings.Join(fields, " ")
}

// fromLatin1 turns the encoding that PGN files are in by the standard into UTF-8.
func fromLatin1(s string) string {
	runes := make([]rune, 0, len(s))
	for _, b := range []byte(s) {
		runes = append(runes, rune(b))
	}
	return string(runes)
}
