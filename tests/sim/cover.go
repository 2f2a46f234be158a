package sim

// Cover counts what runs have met.
type Cover struct {
	commands map[commandCell]int
	closes   map[int]int
	faults   map[string]int
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
}
