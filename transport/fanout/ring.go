package fanout

// ringLines is how far behind a watcher may be and still get every message (protocol section 5).
const ringLines = 256

// entry is one line, and who caused it by which command.
type entry struct {
	line            []byte
	player, command string
	named           string // whose name may be in the line
}

// ring holds the newest lines of a log: the versions first..first+len-1, without holes.
type ring struct {
	first   uint64
	entries []entry
	keep    int
}

// last is the version of the newest line, or the one before first.
func (r *ring) last() uint64 { return r.first + uint64(len(r.entries)) - 1 }

// has tells whether all lines after a version are here.
func (r *ring) has(after uint64) bool { return after+1 >= r.first }

// after gives the entries with versions from+1..to.
func (r *ring) after(from, to uint64) []entry {
	return r.entries[from+1-r.first : to+1-r.first]
}

// forget drops the lines that may have somebody's name in them, and all before them.
func (r *ring) forget(player string) {
	for i := len(r.entries) - 1; i >= 0; i-- {
		if r.entries[i].named == player {
			clear(r.entries[:i+1])
			r.entries = r.entries[i+1:]
			r.first += uint64(i + 1)
			return
		}
	}
}

func (r *ring) push(e entry) {
	r.entries = append(r.entries, e)
	r.trim()
}

// prepend adds the lines right before the first one.
func (r *ring) prepend(older []entry) {
	r.entries = append(older, r.entries...)
	r.first -= uint64(len(older))
	r.trim()
}

func (r *ring) trim() {
	over := len(r.entries) - r.keep
	if over <= 0 {
		return
	}
	clear(r.entries[:over]) // let the lines go before the array does
	r.entries = r.entries[over:]
	r.first += uint64(over)
}
