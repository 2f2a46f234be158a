package harness

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// logs keeps what a server prints. Safe for concurrent use.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// trouble is what no server may ever print.
var trouble = regexp.MustCompile(`panic|DATA RACE|fatal error:|goroutine \d+ \[`)

// alarming gives the lines that must fail a test, each with what follows it, at most three.
func (l *logs) alarming() []string {
	lines := strings.Split(l.String(), "\n")
	var found []string
	for i := 0; i < len(lines) && len(found) < 3; i++ {
		if trouble.MatchString(lines[i]) {
			found = append(found, strings.Join(lines[i:min(i+40, len(lines))], "\n"))
			i += 40
		}
	}
	return found
}

func (l *logs) tail(n int) string {
	lines := strings.Split(l.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
