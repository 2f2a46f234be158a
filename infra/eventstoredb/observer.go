package eventstoredb

// Observer is told what the adapter does; for metrics. Every method must be quick and safe for concurrent use.
type Observer interface {
	// Called reports one call that was answered or given up: its kind ("append", "verify", "read stream", "read all",
	// "subscribe"), its result ("ok", "conflict", "unavailable", "unknown", "invalid", "behind") and its seconds. For a
	// subscription that is one life of it, "ok" if it was ended by its context or its handler.
	Called(kind, result string, seconds float64)
	// InFlight reports how many calls the server has not answered yet, subscriptions included.
	InFlight(calls int)
	// Connected reports that a connection was made; every one but the first replaces another.
	Connected()
	// Lost reports that a connection was given up.
	Lost()
	// Resubscribed reports that a subscription begins again behind the last event that was handled.
	Resubscribed()
}

type nobody struct{}

func (nobody) Called(string, string, float64) {}
func (nobody) InFlight(int)                   {}
func (nobody) Connected()                     {}
func (nobody) Lost()                          {}
func (nobody) Resubscribed()                  {}
