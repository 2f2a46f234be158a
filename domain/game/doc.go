// Package game is the aggregate: everything that is true of any game, whichever its rules are. Seats, turns,
// clocks, offers, receipts and endings live here; what a move means is asked of a plug-in (Rules, Board).
//
//	Decide(state, command, env) -> events | refusal      judges a wish; changes nothing
//	Apply(state, event, ...) -> state                    total; never fails on what was once accepted
//
// A *State is never changed after it was returned, so any number of readers may hold one.
package game
