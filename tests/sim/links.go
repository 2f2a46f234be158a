package sim

// link is one direction between two processes.
type link struct{ from, to string }

// parted tells whether nothing gets from one process to another now.
func (w *world) parted(from, to *process) bool {
	return from.cut || to.cut || w.links[link{from.name, to.name}] > 0
}

// part cuts one direction; the same one may be cut several times.
func (w *world) part(l link) {
	w.links[l]++
	w.note("no way from " + l.from + " to " + l.to)
}

func (w *world) join(l link) {
	if w.links[l] > 0 { // unless all was healed
		w.links[l]--
		w.note("a way from " + l.from + " to " + l.to)
	}
}

// pairs are those of processes that talk to each other, without a direction.
func (w *world) pairs() (pairs []link) {
	for _, h := range w.hosts {
		pairs = append(pairs, link{h.name, w.store.name}, link{h.name, w.redis.name}, link{h.name, w.kafka.name})
	}
	for _, r := range w.relays {
		pairs = append(pairs, link{r.name, w.store.name}, link{r.name, w.redis.name}, link{r.name, w.kafka.name})
	}
	return pairs
}
