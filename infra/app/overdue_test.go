package app

import (
	"slices"
	"testing"
	"time"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/projections/deadlines"
)

// rows is a view that does not change by itself.
type rows struct {
	all     []deadlines.Row
	snoozed map[string]int64
	scans   int
}

func (r *rows) Due(now int64, limit int) (due []deadlines.Row) {
	for _, row := range r.all {
		if max(row.Due, r.snoozed[row.Game]) <= now && len(due) < limit {
			due = append(due, row)
		}
	}
	return due
}

func (r *rows) All() []deadlines.Row          { r.scans++; return r.all }
func (r *rows) Snooze(id string, until int64) { r.snoozed[id] = until }

func TestAGameThatWasWokenRests(t *testing.T) {
	view := &rows{all: []deadlines.Row{{Game: "a", Due: 100}, {Game: "b", Due: 200}, {Game: "c", Due: 9_000}}, snoozed: map[string]int64{}}
	o := newOverdue(view)
	for _, look := range []struct {
		now  int64
		want []string
	}{{300, []string{"a"}}, {300, []string{"b"}}, {300, nil}, {300 + snoozeFor, []string{"a"}}} {
		if got := o.Due(look.now, 1); !slices.Equal(got, look.want) {
			t.Errorf("due at %d: %v, want %v", look.now, got, look.want)
		}
	}
}

func TestOrphansAreGamesOfServersThatAreDead(t *testing.T) {
	view := &rows{all: []deadlines.Row{
		{Game: "ours", Server: "us", Clock: clock.Fischer},
		{Game: "theirs", Server: "dead", Clock: clock.Fischer},
		{Game: "too", Server: "dead", Clock: clock.Fischer},
		{Game: "days", Server: "dead", Clock: clock.Days},
		{Game: "waits", Clock: clock.Fischer},
	}}
	o := newOverdue(view)
	now := time.Unix(1_800_000_000, 0)
	o.now = func() time.Time { return now }
	orphans := func(want ...string) {
		t.Helper()
		if got := o.Orphans(func(s string) bool { return s == "us" }, 1); !slices.Equal(got, want) {
			t.Errorf("orphans %v, want %v", got, want)
		}
	}
	orphans("theirs")
	orphans("too") // the first one was given to the policy, which is at it
	orphans()
	now = now.Add(snoozeFor*time.Millisecond + 1)
	orphans("theirs") // nobody took it over: try again
	view.all[1].Server, view.all[2].Server = "us", "us"
	orphans()
	scans := view.scans
	now = now.Add(time.Second)
	if orphans(); view.scans != scans {
		t.Error("the whole view was looked at again, so soon after it held no orphan")
	}
	view.all[0].Server = "dead"
	now = now.Add(orphanRest * time.Millisecond)
	orphans("ours")
}
