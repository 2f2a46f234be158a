package cluster_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// tally is what a run comes to, kind of fault by kind. R1, R2, R11 and R12 are read off it.
type tally struct {
	kinds map[string]*kindOf
}

type kindOf struct {
	faults, during int
	recovery       []time.Duration
}

// add counts one fault: what was acknowledged while it lasted, and how long after it was over every table had gone on.
func (ta *tally) add(kind string, during int, recovery time.Duration) {
	if ta.kinds == nil {
		ta.kinds = map[string]*kindOf{}
	}
	k := ta.kinds[kind]
	if k == nil {
		k = &kindOf{}
		ta.kinds[kind] = k
	}
	k.faults++
	k.during += during
	k.recovery = append(k.recovery, recovery)
}

// String is the table. Nothing lost in n faults bounds the chance to lose something at one by 3/n (at 95 %).
func (ta *tally) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // into memory
	line("kind\tfaults\tacks meanwhile\tback after (median)\tlongest\tif none lost, bound")
	sum := kindOf{}
	row := func(name string, k *kindOf) {
		if len(k.recovery) == 0 {
			return
		}
		slices.Sort(k.recovery)
		line("%s\t%d\t%d\t%.1f s\t%.1f s\t%.2g", name, k.faults, k.during,
			k.recovery[len(k.recovery)/2].Seconds(), k.recovery[len(k.recovery)-1].Seconds(), min(1, 3/float64(k.faults)))
	}
	for _, name := range slices.Sorted(maps.Keys(ta.kinds)) {
		k := ta.kinds[name]
		row(name, k)
		sum.faults, sum.during = sum.faults+k.faults, sum.during+k.during
		sum.recovery = append(sum.recovery, k.recovery...)
	}
	row("all", &sum)
	_ = w.Flush()
	return b.String()
}
