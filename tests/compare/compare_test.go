package compare_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/tests/compare"
)

// options are PLY_COMPARE_*, as `make compare` sets them.
func options(t *testing.T) compare.Options {
	if os.Getenv("PLY_COMPARE_FOR") == "" {
		t.Skip("`make compare` plays this; it takes minutes and installs Node packages and PostgreSQL")
	}
	o := compare.Options{Rounds: 3, Games: 100, Rate: 100, Processes: 2}
	read := func(name string, parse func(string) error) {
		if text := os.Getenv(name); text != "" {
			if err := parse(text); err != nil {
				t.Fatalf("%s=%q: %v", name, text, err)
			}
		}
	}
	number := func(n *int) func(string) error {
		return func(text string) (err error) {
			if *n, err = strconv.Atoi(text); err == nil && *n < 1 {
				err = fmt.Errorf("less than 1")
			}
			return err
		}
	}
	read("PLY_COMPARE_FOR", func(text string) (err error) { o.For, err = time.ParseDuration(text); return err })
	read("PLY_COMPARE_RATE", func(text string) (err error) { o.Rate, err = strconv.ParseFloat(text, 64); return err })
	read("PLY_COMPARE_ROUNDS", number(&o.Rounds))
	read("PLY_COMPARE_GAMES", number(&o.Games))
	read("PLY_COMPARE_CLIENTS", number(&o.Processes))
	return o
}

// TestSideBySide lets the stacks take turns and prints the table. What it asks of ply is what ply promises; of the others,
// only that they play.
func TestSideBySide(t *testing.T) {
	o, lines := options(t), compare.Lines(t)
	only := os.Getenv("PLY_COMPARE_ONLY") // a comma-separated list of stacks; empty = all
	var rounds []compare.Round
	for round := range o.Rounds {
		for _, stack := range compare.Stacks {
			if only != "" && !strings.Contains(","+only+",", ","+stack.Key+",") {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", stack.Key, round+1), func(t *testing.T) {
				r := compare.Play(t, stack, lines, o)
				rounds = append(rounds, r)
				t.Logf("%d moves in %.1f s, then %d at the steady rate; %+v", r.Full.Moves, r.Full.Seconds, r.Rated.Moves, r.Crash)
				if r.Full.Moves == 0 || r.Rated.Moves == 0 || r.Crash.Games == 0 {
					t.Errorf("nothing was played: %s%s", r.Full.Failure, r.Rated.Failure)
				}
				if stack.Durable && (r.Crash.Lost > 0 || r.Crash.Gone > 0 || r.Crash.Continued != r.Crash.Games) {
					t.Errorf("promises durable moves, but after kill -9: %+v", r.Crash)
				}
				if stack.Key == "ply" && r.Full.Refused+r.Rated.Refused > 0 {
					t.Errorf("%d moves refused, first: %s%s", r.Full.Refused+r.Rated.Refused, r.Full.Failure, r.Rated.Failure)
				}
			})
		}
	}
	var table strings.Builder
	if err := compare.WriteTable(&table, rounds, o); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	if file := os.Getenv("PLY_COMPARE_TABLE"); file != "" {
		if err := os.WriteFile(file, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
