package load

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
)

// meter tells what the servers under load use.
type meter interface {
	// cpu is the processor time used since their start, in seconds; false = not known.
	cpu() (float64, bool)
	// memory is what they hold in RAM now, in bytes; 0 = not known.
	memory() int64
}

// unknown is the meter of servers that nobody can look into.
type unknown struct{}

func (unknown) cpu() (float64, bool) { return 0, false }
func (unknown) memory() int64        { return 0 }

// listeners are the addresses of servers' second listeners; what they use is added up. A server that does not answer
// makes the figure unknown.
type listeners []string

func (l listeners) cpu() (float64, bool) { return l.sum("process_cpu_seconds_total") }

func (l listeners) memory() int64 {
	bytes, _ := l.sum("process_resident_memory_bytes")
	return int64(bytes)
}

func (l listeners) sum(metric string) (total float64, known bool) {
	for _, url := range l {
		value, ok := read(url, metric)
		if !ok {
			return 0, false
		}
		total += value
	}
	return total, len(l) > 0
}

func read(url, metric string) (float64, bool) {
	answer, err := http.Get(strings.TrimSuffix(url, "/") + "/metrics")
	if err != nil {
		return 0, false
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), metric+" "); ok {
			value, err := strconv.ParseFloat(text, 64)
			return value, err == nil
		}
	}
	return 0, false
}
