// Package bench runs the benchmarks that the figures of the README rest on and compares them with the last recorded run of
// the same machine, by benchstat: `make bench`, and `make bench RECORD=1` to record. Another machine's run would say nothing,
// so the record stays out of the repository.
//
// The one invariant: what is called worse is worse by the statistics, not by one run.
package bench
