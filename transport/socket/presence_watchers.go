package socket

// Watchers is how many look on at a game, on all servers.
func (p *Presence) Watchers(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	if a := p.games[id]; a != nil {
		n = a.watchers
	}
	for _, games := range p.others {
		n += games[id].Watchers
	}
	return n
}
