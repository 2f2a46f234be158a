package sim

import "github.com/plygames/ply/domain/game"

// spoilSnapshot flips a bit of a snapshot, cuts it, or puts that of another game or of another history in its place.
func (w *world) spoilSnapshot() (did bool) {
	for _, t := range w.tables {
		kept := w.redis.snapshots[t.id]
		if len(kept) == 0 || !w.chance(400) {
			continue
		}
		did = true
		w.fault("spoil snapshot", t.id)
		switch w.random.IntN(4) {
		case 3:
			if other := w.otherHistory(t.id); other != nil {
				w.redis.snapshots[t.id] = other
			}
		case 0:
			kept[w.random.IntN(len(kept))] ^= 1 << w.random.IntN(8)
		case 1:
			w.redis.snapshots[t.id] = kept[:w.random.IntN(len(kept))]
		default:
			w.redis.snapshots[t.id] = w.redis.snapshots[w.tables[w.random.IntN(len(w.tables))].id]
		}
	}
	return did
}

// otherHistory is a snapshot of a game as it would be if its last event but one had been another: what is left when a store
// is restored from yesterday's backup.
func (w *world) otherHistory(id string) []byte {
	if !w.store.up {
		return nil
	}
	steps := w.fold(id)
	if len(steps) < 6 {
		return nil
	}
	step := steps[len(steps)-2]
	other := game.Record(step.Before, step.Before.Rules, []game.Event{game.DrawOffered{Seat: step.Before.Seats[0].Seat}}, step.Meta)
	return game.Save(other[0].After)
}
