package robustness

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// The model of one game is its version. The log says which command made which versions; the clients say when they asked
// and when they knew. Linearizable: there is an order of all commands, refusals and reads that agrees with both.

// input is one operation: it moves the version from low to high, or looks at it.
type input struct {
	low, high uint64 // of a command: the versions before and after; equal = a look, which wants exactly high
	atLeast   bool   // a look that only wants the version not to be below high
}

var model = porcupine.Model{
	Init: func() any { return uint64(0) },
	Step: func(state, in, _ any) (bool, any) {
		v, op := state.(uint64), in.(input)
		switch {
		case op.low < op.high:
			return v == op.low, op.high
		case op.atLeast:
			return v >= op.high, v
		default:
			return v == op.high, v
		}
	},
}

// Linearizable lists the games whose history has no order in which every answer was true when it was given. patience
// bounds the search for each game; a search that does not end is a finding, too.
func Linearizable(h History, log Log, patience time.Duration) []string {
	var findings []string
	histories := operations(h, log)
	for _, game := range sorted(log) {
		switch porcupine.CheckOperationsTimeout(model, histories[game], patience) {
		case porcupine.Illegal:
			findings = append(findings, fmt.Sprintf("%s: not linearizable (%d operations)", game, len(histories[game])))
		case porcupine.Unknown:
			findings = append(findings, fmt.Sprintf("%s: no verdict within %v", game, patience))
		case porcupine.Ok:
		}
	}
	return findings
}

// operations translates a history. Attempts at one command that were answered as duplicates only want the version to have
// come that far; an append whose first answer nobody got may have happened at any time after its call.
func operations(h History, log Log) map[string][]porcupine.Operation {
	type span struct{ call, back int64 }
	asked := map[key]span{} // when a command was first sent, and when its doing was known
	all := map[string][]porcupine.Operation{}
	look := func(game string, call, back int64, in input) {
		all[game] = append(all[game], porcupine.Operation{Input: in, Call: call, Return: back})
	}
	for _, a := range h.Attempts {
		k := key{a.Game, a.Player, a.ID}
		s, known := asked[k]
		if !known {
			s = span{a.Call, math.MaxInt64}
		}
		s.call = min(s.call, a.Call)
		switch {
		case a.Outcome == Accepted && !a.Duplicate:
			s.back = a.Return
		case a.Outcome == Accepted:
			look(a.Game, a.Call, a.Return, input{low: a.V, high: a.V, atLeast: true})
		case a.Outcome == Rejected && a.V > 0:
			look(a.Game, a.Call, a.Return, input{low: a.V, high: a.V})
		}
		asked[k] = s
	}
	for _, r := range h.Reads {
		look(r.Game, r.Call, r.Return, input{low: r.V, high: r.V})
	}
	for game, entries := range log {
		for i := 0; i < len(entries); {
			next := i + 1 // past the events of the same command
			for next < len(entries) && entries[i].Command != "" &&
				entries[next].Command == entries[i].Command && entries[next].Player == entries[i].Player {
				next++
			}
			s, known := asked[key{game, entries[i].Player, entries[i].Command}]
			if !known { // the server's own, or one of which the history does not tell
				s = span{math.MinInt64, math.MaxInt64}
			}
			look(game, s.call, s.back, input{low: uint64(i), high: uint64(next)})
			i = next
		}
	}
	return all
}
