package games

// MaxUnfinished is how many unfinished games a player may be in or have created.
const MaxUnfinished = 100

// staleAfter is after how long a reservation that no event followed counts no more, in ms.
const staleAfter = 60_000

// Reserve counts a game for a player, before it is created or joined; false: the player has too many. Counting the same
// game twice counts once, and a game that has ended does not count. What the fold has seen needs no reservation.
func (g *Games) Reserve(player, id string) bool {
	now := g.wall()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.people[player][id] != nil {
		return true
	}
	mine := g.reserved[player]
	if _, ok := mine[id]; !ok {
		if len(g.people[player])+len(mine) >= MaxUnfinished {
			for other, at := range mine {
				if now-at > staleAfter {
					g.unreserve(player, other)
				}
			}
		}
		if len(g.people[player])+len(mine) >= MaxUnfinished {
			return g.over(id)
		}
	}
	if g.reserved[player] == nil {
		g.reserved[player] = make(map[string]int64)
	}
	g.reserved[player][id] = now
	return true
}

// over tells whether a game is known to have ended: a command that is sent again must get its first answer although the
// player has too many games by now. It reads the folder, but only for those who have too many.
func (g *Games) over(id string) bool {
	if !g.ready {
		return false
	}
	row, err := g.rows.Get(ended + id)
	return err == nil && row != nil
}

// Release takes a reservation back that led to nothing.
func (g *Games) Release(player, id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unreserve(player, id)
}

func (m *memory) unreserve(player, id string) {
	if mine := m.reserved[player]; mine != nil {
		if delete(mine, id); len(mine) == 0 {
			delete(m.reserved, player)
		}
	}
}
