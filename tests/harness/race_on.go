//go:build race

package harness

// raceDetector: the server is built as the test was.
const raceDetector = true
