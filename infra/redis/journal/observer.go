package journal

// Observer is told what the journal does; for metrics. Every method must be quick and safe for concurrent use.
type Observer interface {
	// Appended reports one append to a game that was answered: how long its caller waited, in seconds, how many events it
	// had, and the answer: "ok", "repeated", "conflict", "unavailable" or "unknown".
	Appended(seconds float64, events int, outcome string)
	// Reseeded reports that an append had to read the store again because its bucket had begun a new generation.
	Reseeded()
	// Flushed reports one append to the store: how long it took, in seconds, how many events it carried, whether the store
	// has them now.
	Flushed(seconds float64, events int, ok bool)
	// Waiting reports how many games have events in Redis only, as the last scan saw it.
	Waiting(games int)
	// Tail reports how many events of one game lay in Redis when its flush began.
	Tail(events int)
	// Halted reports how many games are halted.
	Halted(games int)
	// Guard reports whether Redis can be trusted.
	Guard(ok bool)
	// Alarm reports something that an operator must look at.
	Alarm(what string)
}

type noObserver struct{}

func (noObserver) Appended(float64, int, string) {}
func (noObserver) Reseeded()                     {}
func (noObserver) Flushed(float64, int, bool)    {}
func (noObserver) Waiting(int)                   {}
func (noObserver) Tail(int)                      {}
func (noObserver) Halted(int)                    {}
func (noObserver) Guard(bool)                    {}
func (noObserver) Alarm(string)                  {}
