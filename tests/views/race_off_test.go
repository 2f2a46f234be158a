//go:build !race

package views_test

const slower = 1
