package redis

// Observer is told how Redis does; for metrics. Every method must be quick and safe for concurrent use.
type Observer interface {
	// Called reports a call that ended: how long its caller waited, in seconds, and whether Redis answered.
	Called(seconds float64, answered bool)
	// Lease reports that this server got a lease or is without it again. Names are our own.
	Lease(name string, held bool)
	// Peers reports how many other servers tell us who is there.
	Peers(servers int)
	// Silent reports that signals can't be heard, or can again: what we know of other servers grows old.
	Silent(silent bool)
}

type noObserver struct{}

func (noObserver) Called(float64, bool) {}
func (noObserver) Lease(string, bool)   {}
func (noObserver) Peers(int)            {}
func (noObserver) Silent(bool)          {}
