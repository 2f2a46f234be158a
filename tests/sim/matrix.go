package sim

import (
	"fmt"
	"slices"
	"strings"
)

// The matrix is every command x every state of the game x every answer that protocol.md knows. A cell is what can happen,
// or it is ruled out by a reason. The state is that of the game as the answer says it stood, not as the sender saw it.

var (
	commandNames = []string{
		"move", "resign", "abort", "draw-offer", "draw-accept", "draw-decline", "draw-claim", "takeback-offer", "takeback-accept",
		"takeback-decline", "add-time", "claim-victory", "claim-draw", "rematch",
	}
	states  = []string{"open", "ready", "live", "ended"}
	results = []string{
		"ok", "duplicate", "not_a_player", "invalid_field", "command_id_reused", "not_started", "game_over", "version_conflict",
		"not_your_turn", "no_offer", "too_early", "illegal_move", "forbidden", "busy", "unavailable", "unknown",
		"bad_message", "unknown_type", "unauthorized", "not_found", "game_full", "already_joined", "rate_limited", "quota_exceeded",
		"internal",
	}
)

// cell is one of the matrix.
type cell struct{ command, state, result string }

func (c cell) String() string { return c.command + " when " + c.state + ": " + c.result }

// elsewhere are answers that no command on a socket of the simulation gets, whatever the game.
var elsewhere = map[string]string{
	"bad_message":    "no command could be read: transport/wire, tests/hostile",
	"unknown_type":   "no command could be read: transport/wire, tests/hostile",
	"unauthorized":   "answers handshakes and HTTP only",
	"not_found":      "answers handshakes and HTTP only: who has a socket has the game",
	"game_full":      "answers sitting down over HTTP",
	"already_joined": "answers sitting down over HTTP",
	"quota_exceeded": "answers creation, or a game of 20,000 events",
	"rate_limited":   "limits per second are off here: transport/limit, tests/hostile",
	"internal":       "would be a failure",
}

// accepts tells which commands may be done in a state.
func accepts(command, state string) bool {
	switch state {
	case "open":
		return command == "abort"
	case "ready":
		return command == "move" || command == "abort"
	case "live":
		return command != "rematch"
	default:
		return command == "rematch"
	}
}

// ruledOut gives the reason why a cell can't happen; empty: it can.
func (c cell) ruledOut() string {
	if why, is := elsewhere[c.result]; is {
		return why
	}
	among := func(commands ...string) bool { return slices.Contains(commands, c.command) }
	only := func(can bool, why string) string {
		if can {
			return ""
		}
		return why
	}
	switch c.result {
	case "ok":
		return only(accepts(c.command, c.state), "refused in that state, always")
	case "duplicate":
		if c.state == "open" || c.state == "ready" {
			return "what is accepted by then changes the state"
		}
		ends := among("resign", "abort", "draw-accept", "draw-claim", "claim-victory", "claim-draw", "rematch")
		return only(c.state == "ended" || !ends, "what was accepted has ended the game")
	case "invalid_field":
		return only(among("move"), "has no field")
	case "command_id_reused":
		return only(c.state != "open", "no id was used in the game before its second seat was taken")
	case "not_started":
		return only(!among("rematch") && (c.state == "open" && !among("abort") || c.state == "ready" && !accepts(c.command, c.state)),
			"the game has begun, or the command does not ask for that")
	case "game_over":
		return only(c.state == "ended" && !among("rematch"), "the game is not over, or ought to be")
	case "version_conflict":
		return only(accepts(c.command, c.state), "refused before the basis is looked at")
	case "not_your_turn":
		return only(among("move") && c.state != "open" && c.state != "ended" || among("draw-claim") && c.state == "live",
			"needs no turn, or is refused before the turn is looked at")
	case "no_offer":
		return only(c.state == "live" && strings.HasSuffix(c.command, "cept") || c.state == "live" && strings.HasSuffix(c.command, "decline"),
			"answers no offer, or is refused before offers are looked at")
	case "too_early":
		return only(c.state == "live" && among("draw-offer", "takeback-offer", "draw-claim", "claim-victory", "claim-draw") ||
			among("rematch") && c.state != "ended", "there is nothing to wait for, or it is refused before that")
	case "illegal_move":
		return only(among("move") && (c.state == "ready" || c.state == "live"), "is no move, or is refused before the rules are asked")
	case "forbidden":
		return only(c.state == "live" && among("abort", "add-time"), "nothing forbids it, or it is refused before that")
	case "busy":
		return only(among("abort") && c.state == "open", "32 must wait on one game, and ten sockets may be there: commands, tests/hostile")
	case "unknown":
		return only(accepts(c.command, c.state) || c.state == "live", "nothing has to be written for the answer")
	}
	return "" // not_a_player of who watches, unavailable
}

// possible lists the cells that can happen, row by row.
func possible() (cells []cell) {
	for _, command := range commandNames {
		for _, state := range states {
			for _, result := range results {
				if c := (cell{command, state, result}); c.ruledOut() == "" {
					cells = append(cells, c)
				}
			}
		}
	}
	return cells
}

// Matrix is the table: each command and state with how often each answer came, those that never did and can, and last the
// reasons of the others.
func (c *Cover) Matrix() string {
	var b strings.Builder
	for _, command := range commandNames {
		for _, state := range states {
			fmt.Fprintf(&b, "\n  %-16s %-5s ", command, state)
			for _, result := range results {
				at := cell{command, state, result}
				switch n := c.commands[at]; {
				case n > 0:
					fmt.Fprintf(&b, " %s:%d", result, n)
				case at.ruledOut() == "":
					fmt.Fprintf(&b, " %s:NEVER", result)
				}
			}
		}
	}
	b.WriteString("\n  not in the table, because it can't happen:")
	for _, result := range results {
		var whys []string
		for _, command := range commandNames {
			for _, state := range states {
				if why := (cell{command, state, result}).ruledOut(); why != "" && !slices.Contains(whys, why) {
					whys = append(whys, why)
				}
			}
		}
		if len(whys) > 0 {
			fmt.Fprintf(&b, "\n    %-18s %s", result, strings.Join(whys, "; "))
		}
	}
	return b.String()
}

// Summary is the matrix in a line.
func (c *Cover) Summary() string {
	can, hit, thousand := possible(), 0, 0
	for _, at := range can {
		if n := c.commands[at]; n > 0 {
			hit++
			if n >= 1000 {
				thousand++
			}
		}
	}
	all := len(commandNames) * len(states) * len(results)
	return fmt.Sprintf("command x state x answer: %d of %d that can happen were met, %d of them 1,000 times; %d can't happen",
		hit, len(can), thousand, all-len(can))
}

// Surprises lists what was met although it is ruled out.
func (c *Cover) Surprises() (found []string) {
	for at, n := range c.commands {
		if why := at.ruledOut(); why != "" {
			found = append(found, fmt.Sprintf("%s, %d times, though ruled out: %s", at, n, why))
		}
	}
	slices.Sort(found)
	return found
}
