package load

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// Use is what one process under load used in a round.
type Use struct {
	Part   string
	CPU    float64 // seconds of processor time; 0 = not known
	Memory int64   // bytes of RAM at the end; 0 = not known
}

// meter looks into a process under load.
type meter interface {
	// use is what it used since it was started; false = not known now.
	use() (Use, bool)
}

// newMeter looks into what --meters names: pid:N is a process of this machine, anything else a second listener.
func newMeter(text string) (meter, error) {
	number, isPID := strings.CutPrefix(text, "pid:")
	if !isPID {
		return listener(strings.TrimSuffix(text, "/")), nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("--meters: %q is no process; write pid:4711, or http://127.0.0.1:8081", text)
	}
	return pid(n), nil
}

// listener is the address of a server's second listener.
type listener string

func (l listener) use() (Use, bool) {
	u := Use{Part: string(l)}
	answer, err := http.Get(string(l) + "/metrics")
	if err != nil {
		return u, false
	}
	defer answer.Body.Close()
	found := 0
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		value, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil:
		case name == "process_cpu_seconds_total":
			u.CPU, found = value, found+1
		case name == "process_resident_memory_bytes":
			u.Memory, found = int64(value), found+1
		}
	}
	return u, found == 2
}

// pid is a process of this machine, whatever program it runs.
type pid int

// ticksPerSecond is Linux' USER_HZ, the same on all its platforms that Go runs on.
const ticksPerSecond = 100

func (p pid) use() (Use, bool) {
	var u Use
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
	if err != nil {
		return u, false // not this system, or gone
	}
	// The fields after the name, which is in parentheses and may hold any of them: user and system time are the 14th and
	// 15th of all, the pages in RAM the 24th (proc(5)).
	end := strings.LastIndex(string(stat), ") ")
	begin := strings.Index(string(stat), "(")
	if begin < 0 || end < begin {
		return u, false
	}
	u.Part = string(stat[begin+1 : end])
	fields := strings.Fields(string(stat[end+2:]))
	if len(fields) < 22 {
		return u, false
	}
	user, err1 := strconv.ParseFloat(fields[11], 64)
	system, err2 := strconv.ParseFloat(fields[12], 64)
	pages, err3 := strconv.ParseInt(fields[21], 10, 64)
	u.CPU, u.Memory = (user+system)/ticksPerSecond, pages*int64(os.Getpagesize())
	return u, err1 == nil && err2 == nil && err3 == nil
}

// meters look at all processes under load.
type meters []meter

// use is what each used since it was started, and all together; false = one is not known now.
func (m meters) use() (parts []Use, all Use, known bool) {
	known = len(m) > 0
	for _, one := range m {
		u, ok := one.use()
		parts, known = append(parts, u), known && ok
		all.CPU, all.Memory = all.CPU+u.CPU, all.Memory+u.Memory
	}
	if !known {
		return nil, Use{}, false
	}
	return parts, all, true
}
