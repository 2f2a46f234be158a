// Command run is `make bench`: it runs the main benchmarks and says what got worse since the last recorded run.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/plygames/ply/tests/bench"
)

// benchstat compares; run by the go command, so that it is in nobody's go.mod.
const benchstat = "golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da"

func main() {
	dir := flag.String("dir", filepath.Join("tests", "output", "bench"), "where the recorded run is kept")
	record := flag.Bool("record", false, "make this run the recorded one")
	strict := flag.Bool("strict", false, "exit with 1 if something got worse")
	percent := flag.Float64("percent", 5, "what is less worse than this is not told")
	count := flag.Int("count", 6, "times that each benchmark runs; fewer than 6 can hardly tell a difference from chance")
	flag.Parse()
	worse, err := run(*dir, *record, *percent, *count)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if *strict && worse > 0 {
		os.Exit(1)
	}
}

// run tells how many figures got worse.
func run(dir string, record bool, percent float64, count int) (worse int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	now, recorded := filepath.Join(dir, "now.txt"), filepath.Join(dir, "recorded.txt")
	if err := measure(now, count); err != nil {
		return 0, err
	}
	if _, err := os.Stat(recorded); err == nil {
		if worse, err = compare(recorded, now, percent); err != nil {
			return 0, err
		}
	} else {
		fmt.Printf("\nno recorded run in %s: RECORD=1 makes this one it\n", dir)
	}
	if record {
		fmt.Println("recorded")
		return worse, os.Rename(now, recorded)
	}
	return worse, nil
}

// measure runs all main benchmarks, each package by itself, into a file.
func measure(file string, count int) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	for _, b := range bench.Main {
		cmd := exec.Command("go", "test", "-run=^$", "-bench="+b.Pattern, "-benchmem", "-benchtime="+b.Time,
			"-count="+strconv.Itoa(count), "./"+b.Package)
		cmd.Stdout, cmd.Stderr = io.MultiWriter(out, os.Stdout), os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", b.Package, err)
		}
	}
	return out.Close()
}

// compare prints benchstat's tables, and then what got worse.
func compare(recorded, now string, percent float64) (int, error) {
	names := []string{"recorded=" + recorded, "now=" + now}
	table := exec.Command("go", append([]string{"run", benchstat}, names...)...)
	table.Stdout, table.Stderr = os.Stdout, os.Stderr
	fmt.Println()
	if err := table.Run(); err != nil {
		return 0, fmt.Errorf("benchstat: %w", err)
	}
	var csv, complaints bytes.Buffer
	same := exec.Command("go", append([]string{"run", benchstat, "-format=csv"}, names...)...)
	same.Stdout, same.Stderr = &csv, &complaints // it repeats the footnotes of the table there
	if err := same.Run(); err != nil {
		return 0, fmt.Errorf("benchstat: %w\n%s", err, complaints.String())
	}
	worse, err := bench.Worse(csv.String(), percent)
	if err != nil {
		return 0, err
	}
	if len(worse) == 0 {
		fmt.Printf("\nnothing got worse by %g %% or more\n", percent)
		return 0, nil
	}
	fmt.Printf("\n%d got worse by %g %% or more since the recorded run:\n", len(worse), percent)
	for _, line := range worse {
		fmt.Println("  " + line)
	}
	return len(worse), nil
}
