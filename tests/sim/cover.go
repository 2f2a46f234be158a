package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Cover counts what runs have met.
type Cover struct {
	commands  map[cell]int
	closes    map[int]int
	faults    map[string]int
	paired    int // seeks that led to a game
	views     int // compared with what the store says
	charges   int // of time to a seat
	elsewhere int // of them by another server than the one that had put the seat on turn
}

// NewCover makes an empty one.
func NewCover() *Cover {
	return &Cover{commands: map[cell]int{}, closes: map[int]int{}, faults: map[string]int{}}
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

// String lists everything, a line each.
func (c *Cover) String() string {
	var b strings.Builder
	b.WriteString(c.Summary())
	b.WriteString(c.Matrix())
	b.WriteString("\n  closed            ")
	for _, code := range slices.Sorted(maps.Keys(c.closes)) {
		fmt.Fprintf(&b, " %d:%d", code, c.closes[code])
	}
	fmt.Fprintf(&b, "\n  %d views compared with the store; %d charges of time, %d of them by another server than the one before; %d paired",
		c.views, c.charges, c.elsewhere, c.paired)
	for _, f := range faults {
		fmt.Fprintf(&b, "\n  fault %-26s %d", f.name, c.faults[f.name])
	}
	return b.String()
}

// must is what a short run has to meet, or it proves little.
var must = []cell{
	{"move", "live", "ok"}, {"move", "live", "duplicate"}, {"move", "live", "illegal_move"}, {"move", "live", "version_conflict"},
	{"move", "live", "not_your_turn"}, {"move", "live", "unavailable"}, {"move", "live", "unknown"}, {"move", "ended", "game_over"},
	{"draw-offer", "live", "ok"}, {"takeback-offer", "live", "ok"}, {"resign", "live", "ok"}, {"move", "live", "command_id_reused"},
	{"rematch", "ended", "ok"}, {"claim-victory", "live", "ok"}, {"abort", "open", "ok"}, {"move", "live", "not_a_player"},
}

// Missing lists what did not happen and must have.
func (c *Cover) Missing() (missing []string) {
	for _, at := range must {
		if c.commands[at] == 0 {
			missing = append(missing, at.String())
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
