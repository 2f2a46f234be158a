package compare

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteTable writes what all rounds found as Markdown: of each figure the median of the rounds, and how far they reached.
func WriteTable(w io.Writer, rounds []Round, o Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d games at once, %v a round, %d rounds in turns, %d client processes on the same machine; [least, most] of the rounds.\n\n",
		o.Games, o.For, o.Rounds, o.Processes)
	fmt.Fprintf(&b, "| stack | moves/s | ack p50 / p99, ms | CPU ms per 1,000 moves: server + database (players) | ack p50 / p99 at %g moves/s, ms | kill -9 at full speed: confirmed moves lost | games that go on |\n", o.Rate)
	b.WriteString("|---|---|---|---|---|---|---|\n")
	var notes []string
	for _, s := range Stacks {
		var of []Round
		for _, r := range rounds {
			if r.Stack.Key == s.Key {
				of = append(of, r)
			}
		}
		if len(of) == 0 {
			continue
		}
		lost, confirmed, gone, games, continued, ended := 0, 0, 0, 0, 0, 0
		for i, r := range of {
			if r.Crash.Ended {
				ended++
			} else {
				lost, confirmed, gone = lost+r.Crash.Lost, confirmed+r.Crash.Confirmed, gone+r.Crash.Gone
				games, continued = games+r.Crash.Games, continued+r.Crash.Continued
			}
			for part, p := range map[string]Part{"full speed": r.Full, "steady rate": r.Rated} {
				if p.Refused > 0 {
					notes = append(notes, fmt.Sprintf("%s, round %d, %s: %d refused, first: %s", s.Name, i+1, part, p.Refused, p.Failure))
				}
			}
			if want := o.Rate; rate(r.Rated) < 0.95*want {
				notes = append(notes, fmt.Sprintf("%s, round %d: only %.0f of %g moves/s were reached at the steady rate", s.Name, i+1, rate(r.Rated), want))
			}
			if r.Crash.Error != "" {
				notes = append(notes, fmt.Sprintf("%s, round %d, after the kill: %.400s", s.Name, i+1, r.Crash.Error))
			}
		}
		crash := fmt.Sprintf("%d of %d", lost, confirmed)
		if gone > 0 {
			crash += fmt.Sprintf("; %d of %d games gone", gone, games)
		}
		if ended > 0 {
			crash += fmt.Sprintf("; and in %d of %d rounds the server ended by itself when the players came back, not counted here", ended, len(of))
		}
		fmt.Fprintf(&b, "| %s | %s | %s / %s | %s + %s (%s) | %s / %s | %s | %d of %d |\n", s.Name,
			spread(of, "%.0f", func(r Round) float64 { return rate(r.Full) }),
			spread(of, "%.1f", func(r Round) float64 { return quantile(r.Full, .5) }), spread(of, "%.1f", func(r Round) float64 { return quantile(r.Full, .99) }),
			median(of, "%.0f", func(r Round) float64 { return perThousand(r.Full, r.Full.Server) }),
			median(of, "%.0f", func(r Round) float64 { return perThousand(r.Full, r.Full.Database) }),
			median(of, "%.0f", func(r Round) float64 { return perThousand(r.Full, r.Full.Players) }),
			spread(of, "%.1f", func(r Round) float64 { return quantile(r.Rated, .5) }), spread(of, "%.1f", func(r Round) float64 { return quantile(r.Rated, .99) }),
			crash, continued, games)
	}
	slices.Sort(notes)
	for _, n := range notes {
		fmt.Fprintf(&b, "\n- %s", n)
	}
	if len(notes) > 0 {
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func rate(p Part) float64 { return float64(p.Moves) / p.Seconds }

// quantile is a latency in ms; 0 if there was no move.
func quantile(p Part, q float64) float64 {
	if len(p.Acks) == 0 {
		return 0
	}
	return float64(p.Acks[min(len(p.Acks)-1, int(q*float64(len(p.Acks))))]) / 1000
}

// perThousand is processor time in ms for 1,000 moves.
func perThousand(p Part, seconds float64) float64 { return seconds * 1e6 / float64(max(1, p.Moves)) }

func figures(rounds []Round, of func(Round) float64) []float64 {
	var all []float64
	for _, r := range rounds {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all
}

// median is the middle of the rounds.
func median(rounds []Round, format string, of func(Round) float64) string {
	all := figures(rounds, of)
	return fmt.Sprintf(format, all[len(all)/2])
}

// spread is the median and, where there were several rounds, the least and the most.
func spread(rounds []Round, format string, of func(Round) float64) string {
	all := figures(rounds, of)
	if len(all) == 1 {
		return median(rounds, format, of)
	}
	return fmt.Sprintf(format+" ["+format+", "+format+"]", all[len(all)/2], all[0], all[len(all)-1])
}
