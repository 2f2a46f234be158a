package robustness

import (
	"fmt"
	"sort"
)

// Check holds a history against the log and lists everything that must not be. An empty list: no acknowledged command
// was lost or done twice, no refused one was done, no version is missing, every spectator saw the log.
func Check(h History, log Log) []string {
	var findings []string
	add := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }
	for _, game := range sorted(log) {
		for i, e := range log[game] {
			if e.V != uint64(i+1) {
				add("%s: version %d stands at place %d of the log", game, e.V, i+1)
				break
			}
		}
		for _, twice := range repeated(log[game]) {
			add("%s: command %s was done twice", game, twice)
		}
	}
	commands := map[key][]Attempt{}
	for _, a := range h.Attempts {
		k := key{a.Game, a.Player, a.ID}
		commands[k] = append(commands[k], a)
	}
	for k, attempts := range commands {
		findings = append(findings, checkCommand(k, attempts, log[k.game])...)
	}
	for _, s := range h.Seen {
		for i, v := range s.Versions {
			if v != uint64(i+1) {
				add("%s: a spectator was shown version %d as number %d", s.Game, v, i+1)
				break
			}
		}
		if len(s.Versions) != len(log[s.Game]) {
			add("%s: a spectator was shown %d of %d versions", s.Game, len(s.Versions), len(log[s.Game]))
		}
	}
	sort.Strings(findings)
	return findings
}

// key names a command: the scope of its id is the game and the player.
type key struct{ game, player, id string }

func (k key) String() string { return k.game + " " + k.player + "/" + k.id }

// checkCommand holds all attempts at one command against what the log has of it.
func checkCommand(k key, attempts []Attempt, log []Entry) []string {
	var findings []string
	add := func(format string, args ...any) {
		findings = append(findings, k.String()+": "+fmt.Sprintf(format, args...))
	}
	var first, last *Entry // its events are consecutive; repeated reports it if they are not
	for i := range log {
		if log[i].Command == k.id && log[i].Player == k.player {
			if first == nil {
				first = &log[i]
			}
			last = &log[i]
		}
	}
	var fresh, accepted, open int
	for _, a := range attempts {
		switch a.Outcome {
		case Unknown:
			open++
		case Accepted:
			accepted++
			if !a.Duplicate {
				fresh++
			}
			switch {
			case last == nil:
				add("acknowledged at version %d, and lost", a.V)
			case last.V != a.V:
				add("acknowledged at version %d, but it is at %d", a.V, last.V)
			case !causes(a, *first):
				add("acknowledged as %s %s, but the log has %s %s", a.T, a.M, first.Type, first.M)
			}
		}
	}
	if fresh > 1 {
		add("acknowledged %d times as new", fresh)
	}
	if last != nil && accepted+open == 0 {
		add("refused every time, and done at version %d", last.V)
	}
	return findings
}

// causes tells whether an event can be the first that a command caused.
func causes(a Attempt, e Entry) bool {
	switch a.T {
	case "move":
		return e.Type == "move-played" && e.M == a.M
	case "draw-offer":
		return e.Type == "draw-offered" || e.Type == "ended" // it accepts a standing offer
	case "draw-decline":
		return e.Type == "draw-declined"
	case "add-time":
		return e.Type == "time-added"
	case "draw-accept", "draw-claim", "resign", "abort":
		return e.Type == "ended"
	}
	return false
}

// repeated lists the commands whose events stand in more than one place. A command's events are one append, and thus
// consecutive; but two appends of one command may be neighbours, which two events of one type betray.
func repeated(log []Entry) []string {
	type author struct{ player, id string }
	done := map[author]bool{}
	var twice []string
	for i, e := range log {
		a := author{e.Player, e.Command}
		if e.Command == "" {
			continue
		}
		continued := i > 0 && log[i-1].Command == e.Command && log[i-1].Player == e.Player && log[i-1].Type != e.Type
		if done[a] && !continued {
			twice = append(twice, e.Player+"/"+e.Command)
		}
		done[a] = true
	}
	return twice
}

func sorted(log Log) []string {
	var names []string
	for name := range log {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
