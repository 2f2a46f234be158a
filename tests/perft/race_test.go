//go:build race

package perft_test

// nodeLimit under the race detector, which makes counting about ten times slower.
const nodeLimit = 500_000
