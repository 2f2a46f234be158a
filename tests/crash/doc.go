// Package crash cuts the power, and fills the disk. TestPowerCut and TestFullDisk do so under a whole server that people
// play on, with file systems of their own. TestCuts does so under the embedded store alone, thousands of times: it runs
// concurrent appenders on a disk in memory that can be cloned as a crash at that moment would leave it: with none, half
// or all of what was not synced. The store that comes up on the clone is held against what was acknowledged before.
//
// The number of cuts is set by the flag -cuts or the environment variable PLY_CUTS; a failure prints the seed, and
// -seed repeats it (the appenders' interleaving is the scheduler's, so a failure may need several tries).
//
// The one invariant: what was acknowledged before the cut is there after it, byte for byte.
package crash
