package app

import (
	"github.com/plygames/ply/projections/players"
	"github.com/plygames/ply/transport/rest"
)

var _ rest.Finder = finder{}

// finder finds people among the names in memory.
type finder struct{ names *players.Names }

// Find implements rest.Finder.
func (f finder) Find(beginning string, limit int, yield func(player, name string)) {
	for _, one := range f.names.Find(beginning, limit) {
		yield(one.Player, one.Name)
	}
}
