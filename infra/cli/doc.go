// Package cli is the command line: what a person types becomes a call, what went wrong becomes lines that say what to
// do, and an exit code. It imports everything it starts.
//
// The one invariant: every flag has an environment variable, and all mistakes are told at once, before anything is
// started or written.
package cli
