//go:build race

package views_test

// slower is by how much less past there is, because a server under the race detector folds so much slower.
const slower = 5
