package cli

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// collectLess lets the heap grow to four times of what is live before the garbage is collected, instead of Go's twice.
// Each collection marks all that is live and shrinks the stacks of all sockets, which their next moves grow again; under
// load that is a tenth of the server's CPU, and two thirds of it are saved. The price is memory, so the heap stays
// below three quarters of what the machine, or the container, has: from there on it is collected as often as it
// takes. Who sets GOGC or GOMEMLIMIT knows better.
func collectLess() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	memory := availableMemory()
	if memory == 0 {
		return
	}
	debug.SetMemoryLimit(memory / 4 * 3)
	debug.SetGCPercent(300)
}

// availableMemory is what the machine has, or the container if that is less; 0 = not known, as where there is no /proc.
func availableMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kilobytes int64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %d kB", &kilobytes); err != nil {
		return 0
	}
	memory := kilobytes << 10
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil { // "max" is no number
			memory = min(memory, limit)
		}
	}
	return memory
}
