package bench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Worse reads benchstat's CSV of two runs and tells what got worse by at least that many percent, one line each, the worst
// first. benchstat itself leaves out differences that may be chance (p >= 0.05).
func Worse(csv string, percent float64) ([]string, error) {
	type change struct {
		line string
		by   float64
	}
	var found []change
	pkg, unit := "", ""
	for n, line := range strings.Split(csv, "\n") {
		if name, ok := strings.CutPrefix(line, "pkg: "); ok {
			pkg = name[strings.LastIndex(name, "plygames/ply/")+len("plygames/ply/"):]
			continue
		}
		cells := strings.Split(line, ",")
		// ",sec/op,CI,sec/op,CI,vs base,P" begins a table; "Name-2,1.2e-06,3%,1.3e-06,2%,+8.33%,p=0.002 n=6" is a row.
		if len(cells) < 7 {
			continue
		}
		if cells[0] == "" && cells[2] == "CI" {
			unit = cells[1]
			continue
		}
		if cells[0] == "" || cells[0] == "geomean" || cells[5] == "~" || cells[5] == "?" || cells[5] == "" || others[unit] {
			continue
		}
		by, err := strconv.ParseFloat(strings.TrimSuffix(cells[5], "%"), 64)
		if err != nil {
			return nil, fmt.Errorf("line %d of benchstat's output: %q is no change", n+1, cells[5])
		}
		if moreIsBetter(unit) {
			by = -by
		}
		if by >= percent {
			found = append(found, change{fmt.Sprintf("%s %s: %s %s (%s)", pkg, cells[0], cells[5], unit, cells[6]), by})
		}
	}
	slices.SortStableFunc(found, func(a, b change) int {
		switch {
		case a.by > b.by:
			return -1
		case a.by < b.by:
			return 1
		}
		return 0
	})
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = f.line
	}
	return lines, nil
}

// moreIsBetter tells rates, and ratios to what is done without us, from times, bytes and counts.
func moreIsBetter(unit string) bool {
	return strings.HasSuffix(unit, "/s") || strings.HasPrefix(unit, "x_")
}

// others are what the disk and the sockets do without us, and nobody's success.
var others = map[string]bool{"floor/s": true, "raw_deliveries/s": true}
