package chess

// Alone judges a move alone, whatever is known of the others.
func (b *Board) Alone(uci string) bool {
	m, ok := parseMove(uci)
	return ok && b.allowed(m)
}

// Movable looks for a legal move, whatever is known.
func (b *Board) Movable() bool { return b.movable() }
