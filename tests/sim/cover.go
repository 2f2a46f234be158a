package sim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Cover counts what runs have met.
type Cover struct {
	commands  map[commandCell]int
	closes    map[int]int
	faults    map[string]int
	paired    int // seeks that led to a game
	views     int // compared with what the store says
	charges   int // of time to a seat
	elsewhere int // of them by another server than the one that had put the seat on turn
}

// commandCell is a command, the state of the game as its sender saw it, and how it ended.
type commandCell struct{ command, status, result string }

// NewCover makes an empty one.
func NewCover() *Cover {
	return &Cover{commands: map[commandCell]int{}, closes: map[int]int{}, faults: map[string]int{}}
}

// Add adds what another run has met.
func (c *Cover) Add(o *Cover) {
	for k, n := range o.commands {
		c.commands[k] += n
	}
	for k, n := range o.closes {
		c.closes[k] += n
	}
	for k, n := range o.faults {
		c.faults[k] += n
	}
	c.paired += o.paired
	c.views, c.charges, c.elsewhere = c.views+o.views, c.charges+o.charges, c.elsewhere+o.elsewhere
}

// String lists everything, a line for each command and for the rest.
func (c *Cover) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "coverage: %d of command x state x result", len(c.commands))
	cells := slices.SortedFunc(maps.Keys(c.commands), func(x, y commandCell) int {
		return cmp.Or(cmp.Compare(x.command, y.command), cmp.Compare(x.status, y.status), cmp.Compare(x.result, y.result))
	})
	before := commandCell{}
	for _, cell := range cells {
		if cell.command != before.command || cell.status != before.status {
			fmt.Fprintf(&b, "\n  %-18s %-6s", cell.command, cell.status)
		}
		fmt.Fprintf(&b, " %s:%d", cell.result, c.commands[cell])
		before = cell
	}
	b.WriteString("\n  closed            ")
	for _, code := range slices.Sorted(maps.Keys(c.closes)) {
		fmt.Fprintf(&b, " %d:%d", code, c.closes[code])
	}
	fmt.Fprintf(&b, "\n  %d views compared with the store; %d charges of time, %d of them by another server than the one before; %d paired",
		c.views, c.charges, c.elsewhere, c.paired)
	for _, fault := range slices.Sorted(maps.Keys(c.faults)) {
		fmt.Fprintf(&b, "\n  fault %-26s %d", fault, c.faults[fault])
	}
	return b.String()
}

// must is what a short run has to meet, or it proves little.
var must = []commandCell{
	{"move", "live", "ok"}, {"move", "live", "duplicate"}, {"move", "live", "illegal_move"}, {"move", "live", "version_conflict"},
	{"move", "live", "not_your_turn"}, {"move", "live", "unavailable"}, {"move", "live", "unknown"}, {"move", "ended", "game_over"},
	{"draw-offer", "live", "ok"}, {"takeback-offer", "live", "ok"}, {"resign", "live", "ok"}, {"misuse", "live", "command_id_reused"},
	{"rematch", "ended", "ok"},
}

// Missing lists what did not happen and must have.
func (c *Cover) Missing() (missing []string) {
	for _, cell := range must {
		if c.commands[cell] == 0 {
			missing = append(missing, fmt.Sprintf("%s of a game that is %s: %s", cell.command, cell.status, cell.result))
		}
	}
	for _, f := range faults {
		if c.faults[f.name] == 0 {
			missing = append(missing, f.name)
		}
	}
	return missing
}

// moved counts a charge, and whether another server made it than the one that had put the seat on turn.
func (c *Cover) moved(from, to string) {
	c.charges++
	if from != to {
		c.elsewhere++
	}
}
