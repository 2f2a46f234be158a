// Package clock holds time controls: durations in, durations out. It never sees a time of day. All figures
// are integers of milliseconds.
package clock

import "fmt"

// The kinds of time control.
const (
	None    = "none"    // no clock
	Fischer = "fischer" // initial time, increment added after each move
	Delay   = "delay"   // initial time, each move's first Delay ms are free
	Days    = "days"    // so many days for each move; the only one on the wall clock
)

// Spec is a time control as the creator of a game chose it. The zero Spec is not valid; see Validate.
type Spec struct {
	Type      string `json:"type"`
	Initial   int64  `json:"initial,omitempty"`
	Increment int64  `json:"increment,omitempty"`
	Delay     int64  `json:"delay,omitempty"`
	Days      int64  `json:"days,omitempty"`
}

// Limits of the fields, in ms and days.
const (
	MinInitial = 1_000
	MaxInitial = 86_400_000
	MaxBonus   = 600_000
	MaxDays    = 14
	Day        = 86_400_000
)

// Validate reports the first field that is out of range.
func (s Spec) Validate() error {
	switch s.Type {
	case None:
		return nil
	case Days:
		if s.Days < 1 || s.Days > MaxDays {
			return fmt.Errorf("clock.days must be 1..%d", MaxDays)
		}
		return nil
	case Fischer, Delay:
		if s.Initial < MinInitial || s.Initial > MaxInitial {
			return fmt.Errorf("clock.initial must be %d..%d ms", MinInitial, MaxInitial)
		}
		if s.Increment < 0 || s.Increment > MaxBonus {
			return fmt.Errorf("clock.increment must be 0..%d ms", MaxBonus)
		}
		if s.Delay < 0 || s.Delay > MaxBonus {
			return fmt.Errorf("clock.delay must be 0..%d ms", MaxBonus)
		}
		return nil
	default:
		return fmt.Errorf("clock.type must be one of %s, %s, %s, %s", None, Fischer, Delay, Days)
	}
}

// Live tells whether the clock counts down while the game is being played, on the live clock.
func (s Spec) Live() bool { return s.Type == Fischer || s.Type == Delay }

// Full is what a seat has before its first move.
func (s Spec) Full() int64 {
	if s.Type == Days {
		return s.Days * Day
	}
	return s.Initial
}

// Spend is what a seat has left after a timed move: the increment is added, the delay and the forgiven lag
// (comp) are not charged.
func (s Spec) Spend(left, elapsed, comp int64) int64 {
	switch s.Type {
	case Fischer:
		return left - max(0, elapsed-comp) + s.Increment
	case Delay:
		return left - max(0, elapsed-comp-s.Delay)
	case Days:
		return s.Full()
	default:
		return left
	}
}

// Charge is what a seat has left when time passes without a move.
func (s Spec) Charge(left, elapsed int64) int64 {
	if !s.Live() {
		return left
	}
	return max(0, left-max(0, elapsed-s.Delay))
}

// Until is how much more a seat may use before its flag falls, given what it has used and how much lag would be
// forgiven. Zero or less: it has fallen.
func (s Spec) Until(left, elapsed, forgiven int64) int64 {
	return left + s.Delay + forgiven - elapsed
}

// Total estimates the length of a game for one side: initial + 40 increments.
func (s Spec) Total() int64 { return s.Initial + 40*s.Increment }
