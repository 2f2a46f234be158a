package sim

import "github.com/plygames/ply/domain/game"

// told is an answer to a command, as it counts for the matrix.
type told struct {
	command, result string
	player, id      string
	v               uint64 // that the answer named; 0 = none
	seen            string // state of the game as its receiver had it
}

// counts takes an answer down.
func (k *client) counts(w *wish, command string, l line) {
	k.table.answers = append(k.table.answers, told{command, resultOf(l), k.player, w.id, l.V, k.status})
}

// statuses are the protocol's words.
var statuses = map[game.Status]string{game.Open: "open", game.Ready: "ready", game.Live: "live", game.Over: "ended"}

// countAnswers finds the state in which the game was when each answer was decided: that before the first event of what was
// done, or that of the version which a refusal names.
func (w *world) countAnswers(t *table, steps []game.Step) {
	before := map[[2]string]string{}
	for _, step := range steps {
		key := [2]string{step.Meta.Player, step.Meta.Command}
		if _, known := before[key]; !known {
			before[key] = statuses[step.Before.Status]
		}
	}
	for _, a := range t.answers {
		state := a.seen
		switch done, is := before[[2]string{a.player, a.id}]; {
		case a.result == "ok" && is:
			state = done
		case a.result != "ok" && a.result != "duplicate" && a.v > 0 && a.v <= uint64(len(steps)):
			state = statuses[steps[a.v-1].After.Status]
		}
		if state != "" {
			w.cover.commands[cell{a.command, state, a.result}]++
		}
	}
}
