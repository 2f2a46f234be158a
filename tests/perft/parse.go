package perft

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Position is one entry of a perft file.
type Position struct {
	ID     string
	FEN    string // all six fields
	Counts []Count
}

// Count is how many sequences of that many legal moves there are.
type Count struct {
	Depth int
	Nodes uint64
}

// Parse reads lines "id NAME", "epd FOUR FIELDS" and "perft DEPTH NODES"; # begins a comment. Anything else is an
// error, so that no expectation is lost to a misprint.
func Parse(r io.Reader) ([]Position, error) {
	var positions []Position
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, rest, _ := strings.Cut(line, " ")
		if key == "id" {
			positions = append(positions, Position{ID: rest})
			continue
		}
		if len(positions) == 0 {
			return nil, fmt.Errorf("line %d: %q before the first id", n, key)
		}
		p := &positions[len(positions)-1]
		switch {
		case key == "epd" && p.FEN == "" && len(strings.Fields(rest)) == 4:
			p.FEN = rest + " 0 1"
		case key == "perft":
			count, err := parseCount(rest)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			p.Counts = append(p.Counts, count)
		default:
			return nil, fmt.Errorf("line %d: %q is not understood", n, line)
		}
	}
	return positions, lines.Err()
}

func parseCount(s string) (Count, error) {
	depth, nodes, ok := strings.Cut(s, " ")
	d, err := strconv.Atoi(depth)
	if err != nil || !ok || d < 1 {
		return Count{}, fmt.Errorf("depth %q", depth)
	}
	n, err := strconv.ParseUint(nodes, 10, 64)
	if err != nil {
		return Count{}, fmt.Errorf("count %q", nodes)
	}
	return Count{d, n}, nil
}
