// Package games lists the plug-ins: one sub-folder for each kind of game, and one line for it in All.
//
// It may import domain/game and the plug-ins, nothing else. A kind that was once listed stays: stored games name it.
// Each plug-in is admitted by the suite in tests/conformance/rules.
package games
