//go:build !race

package perft_test

// nodeLimit keeps the whole test within a minute or so on two cores. It takes in depth 4 to 6 of all positions.
const nodeLimit = 20_000_000
