// Package planted puts mistakes into the code, one at a time, and lets the tests look for them. A test suite that is green
// says little if it would be green with the mistake too.
//
//	make planted                       all of them, found or missed, and how long it took
//	make planted BUG='dedupe|torn'     some
//
// The code under test holds nothing for it, no hook, no flag and no build tag: a mistake is a change of one source file
// (bugs.go), which the compiler is given in place of the real one (`go build -overlay`). What looks for it is a test that is
// there anyway, mostly the simulation: it is built with the mistake, and must fail. A mistake that does not compile, or that
// has no place in the code any more, is a failure of its own kind.
//
// It may import anything. The one invariant: a mistake counts as found only if the same test, built from the same files
// without it, does not fail.
package planted
