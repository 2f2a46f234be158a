package rating

import "github.com/plygames/ply/domain/clock"

// Class is a class of time control: people are rated in each of them apart.
type Class string

// The classes, the fastest first.
const (
	Bullet    Class = "bullet"    // less than 3 minutes
	Blitz     Class = "blitz"     // less than 8 minutes
	Rapid     Class = "rapid"     // less than 25 minutes
	Classical Class = "classical" // longer
	Days      Class = "days"      // a number of days for each move
)

// Classes lists all, the fastest first.
func Classes() []Class { return []Class{Bullet, Blitz, Rapid, Classical, Days} }

// ClassOf is the class of a time control, "" without one. The rule is that of lichess (scalachess, Speed.scala): the
// estimated time that one side has for the game, the initial time and 40 increments, is under 180 s, 480 s, 1500 s or
// more. What lichess rates as ultra-bullet (under 30 s) is bullet here, and a simple delay counts as an increment does.
func ClassOf(spec clock.Spec) Class {
	switch spec.Type {
	case clock.Days:
		return Days
	case clock.Fischer, clock.Delay:
	default:
		return ""
	}
	switch estimate := spec.Initial + 40*(spec.Increment+spec.Delay); {
	case estimate < 180_000:
		return Bullet
	case estimate < 480_000:
		return Blitz
	case estimate < 1_500_000:
		return Rapid
	default:
		return Classical
	}
}
