package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// setting is one field of Flags as its tags describe it.
type setting struct {
	field, flag, value, placeholder, group, help string
	env                                          []string // the first one is the one to use
}

func settings() []setting {
	t := reflect.TypeFor[Flags]()
	all := make([]setting, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		s := setting{
			field: f.Name, flag: f.Tag.Get("name"), env: strings.Split(f.Tag.Get("env"), ","), value: f.Tag.Get("default"),
			placeholder: f.Tag.Get("placeholder"), group: f.Tag.Get("group"), help: f.Tag.Get("help"),
		}
		if s.flag == "" {
			s.flag = kebab(f.Name)
		}
		all = append(all, s)
	}
	return all
}

// defaults are Flags as nobody changed them.
func defaults() Flags {
	var f Flags
	v := reflect.ValueOf(&f).Elem()
	for i, s := range settings() {
		v.Field(i).SetString(s.value)
	}
	return f
}

// names gives a field's flag and environment variable.
func names(field string) (flag, env string) {
	for _, s := range settings() {
		if s.field == field {
			return s.flag, s.env[0]
		}
	}
	panic("config: no field " + field)
}

// kebab turns a field's name into a flag's, as kong does: SnapshotEvery -> snapshot-every.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

//go:generate go test -run=TestTheReadmeHoldsTheTable -write

// Table is the settings as a Markdown table, for the README. `go generate` writes it there.
func Table() string {
	var b strings.Builder
	b.WriteString("| flag | variable | default | what it does |\n|---|---|---|---|\n")
	for _, s := range settings() {
		value := "`" + s.value + "`"
		if s.value == "" {
			value = ""
		}
		fmt.Fprintf(&b, "| `--%s` | `%s` | %s | %s |\n", s.flag, strings.Join(s.env, "`, `"), value, strings.ReplaceAll(s.help, "|", `\|`))
	}
	return b.String()
}

// UnknownVariables looks for environment variables that start with PLY_ and mean nothing, and returns one line of
// advice for each. also are the names that other commands read. Variables that start with PLY_TEST_ belong to the tests.
func UnknownVariables(environ []string, also ...string) []string {
	known := slices.Clone(also)
	for _, s := range settings() {
		known = append(known, s.env...)
	}
	var advice []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "PLY_") || strings.HasPrefix(name, "PLY_TEST_") || slices.Contains(known, name) {
			continue
		}
		line := "environment variable " + name + " means nothing to ply and is ignored"
		if near := nearest(name, known); near != "" {
			line += "; did you mean " + near + "?"
		}
		advice = append(advice, line)
	}
	slices.Sort(advice)
	return advice
}

// nearest is the known name that takes the fewest edits, if they are few enough to be a slip.
func nearest(name string, known []string) string {
	best, fewest := "", len(name)/3+1
	for _, k := range known {
		if d := edits(name, k); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// edits is the Levenshtein distance: insertions, deletions and replacements between two texts.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
