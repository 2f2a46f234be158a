package pebble

// Observer is told what the store does; for metrics. Every method must be quick and safe for concurrent use.
type Observer interface {
	// Appended reports one append that was answered: how long its caller waited, in seconds, how many events it had and
	// whether they are in the store now.
	Appended(seconds float64, events int, ok bool)
	// Batch reports one group commit: how many appends and events it carried, its size in bytes and the seconds that
	// writing and syncing took.
	Batch(appends, events, bytes int, seconds float64)
	// Behind reports that a subscriber had fallen behind the feed's memory and read events from disk.
	Behind(events int)
	// Stopped reports that the writer stopped for good.
	Stopped()
}

type noObserver struct{}

func (noObserver) Appended(float64, int, bool)  {}
func (noObserver) Batch(int, int, int, float64) {}
func (noObserver) Behind(int)                   {}
func (noObserver) Stopped()                     {}
