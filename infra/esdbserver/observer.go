package esdbserver

// Observer is told what the server does; for metrics. Every method must be quick and safe for concurrent use.
type Observer interface {
	// Called reports a finished call: "append", "delete", "tombstone", "read", "subscribe", "gossip", "features" or
	// "other"; its result, "ok", "wrong_expected_version" or the name of a gRPC code; and how long it took.
	Called(method, result string, seconds float64)
	// Subscriptions reports how many subscriptions are open.
	Subscriptions(open int)
}

type nobody struct{}

func (nobody) Called(string, string, float64) {}
func (nobody) Subscriptions(int)              {}
