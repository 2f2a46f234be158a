// Package cli tests the command line on the real program: help, mistakes, refusals, drain, backup, restore, verify.
//
// It builds the program once and talks to it as a person and a supervisor do: arguments, environment, output, signals,
// exit codes.
package cli
