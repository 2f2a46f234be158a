package cli

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress tells how far a long command is: once a second, on one line that is written over if somebody looks, on lines of
// their own in a log. For one goroutine.
type progress struct {
	out     io.Writer
	screen  bool
	open    bool // a line was written that waits for its end
	started time.Time
	told    time.Time
}

func newProgress(out io.Writer) *progress {
	now := time.Now()
	return &progress{out: out, screen: isScreen(out), started: now, told: now}
}

// isScreen tells whether a person sees what is written.
func isScreen(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// tell writes a line if the last one is a second old.
func (p *progress) tell(line func(elapsed time.Duration) string) {
	now := time.Now()
	if now.Sub(p.told) < time.Second {
		return
	}
	p.told = now
	if p.screen {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line(now.Sub(p.started)))
		p.open = true
		return
	}
	fmt.Fprintln(p.out, line(now.Sub(p.started)))
}

// end leaves the line.
func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.out)
		p.open = false
	}
}

// percent is a part of a whole that may not be known.
func percent(part, whole int64) string {
	if whole <= 0 {
		return "?"
	}
	return fmt.Sprintf("%d %%", min(100, 100*part/whole))
}
