package bus

import (
	"sync"

	"github.com/plygames/ply/domain/event"
)

// merged makes one handler of those of all partitions.
type merged struct {
	mu      sync.Mutex // over every call of the handler
	to      Handler
	marks   []event.Position // newest of each partition
	waiting map[int]bool     // partitions that have shown no watermark since the last one that was handed on
}

func merge(to Handler, partitions int) func(partition int) Handler {
	m := &merged{to: to, marks: make([]event.Position, partitions), waiting: make(map[int]bool)}
	m.wait()
	return func(partition int) Handler { return part{m, partition} }
}

func (m *merged) wait() {
	for i := range m.marks {
		m.waiting[i] = true
	}
}

// mark hands a watermark on when every partition has shown one: the least of them is true of all.
func (m *merged) mark(partition int, at event.Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks[partition] = at
	delete(m.waiting, partition)
	if len(m.waiting) > 0 {
		return
	}
	m.wait()
	least := m.marks[0]
	for _, at := range m.marks {
		least = min(least, at)
	}
	m.to.Watermark(least)
}

// part is one partition's side of merged.
type part struct {
	*merged
	partition int
}

// Events implements Handler.
func (p part) Events(events []event.Recorded) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to.Events(events)
}

// Watermark implements Handler.
func (p part) Watermark(at event.Position) { p.mark(p.partition, at) }
