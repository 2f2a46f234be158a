package players

import (
	"cmp"
	"slices"
	"strings"
)

// Called is a person and what they are called.
type Called struct{ Player, Name string }

// Find gives people whose name begins with a text, whatever its case, in the order of their names; at most limit. It looks
// at the names in memory only: those given since the server started, and those that were shown since. Whoever was not
// here since then is not found.
func (n *Names) Find(beginning string, limit int) []Called {
	beginning = strings.ToLower(beginning)
	var found []Called
	n.mu.RLock()
	for id, known := range n.known {
		if known.name != "" && strings.HasPrefix(strings.ToLower(known.name), beginning) {
			found = append(found, Called{id, known.name})
		}
	}
	n.mu.RUnlock()
	slices.SortFunc(found, func(a, b Called) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Player, b.Player))
	})
	return found[:min(limit, len(found))]
}
