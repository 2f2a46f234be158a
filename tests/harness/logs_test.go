package harness

import (
	"fmt"
	"testing"
)

func TestTroubleIsSeen(t *testing.T) {
	for line, bad := range map[string]bool{
		"level=INFO msg=started":           false,
		"http: panic serving 127.0.0.1:80": true,
		"panic: index out of range":        true,
		"WARNING: DATA RACE":               true,
		"fatal error: concurrent map":      true,
		"goroutine 17 [running]:":          true,
	} {
		l := &logs{}
		_, _ = fmt.Fprintf(l, "before\n%s\nafter\n", line)
		if got := len(l.alarming()) > 0; got != bad {
			t.Errorf("%q: %v", line, got)
		}
	}
}
