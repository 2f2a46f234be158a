package broken

import "time"

// Fault is one way to be wrong.
type Fault int

const (
	None                Fault = iota // the sound store
	AckBeforeSync                    // answers first, syncs every tenth append
	ShownBeforeSync                  // readers and subscribers see an event before it is on the disk
	NoExpectedVersion                // a version ahead of the stream is accepted
	IDsNotCompared                   // any events at the same versions count as a repetition
	ConflictIsSuccess                // a lost race is reported as won
	OverlapAccepted                  // of a partial overlap the rest is written
	WrittenTwice                     // a repeated append is written again
	Holes                            // a later position becomes visible before an earlier one
	LostTail                         // opening again drops the last event
	TornAppend                       // several events are written one by one
	PositionInclusive                // reading after a position gives its event again
	LostHandOver                     // what comes between catching up and following is not shown
	HandlerErrorIgnored              // a subscription goes on after its handler failed
	RefusedButWritten                // an append whose context had ended is written all the same
	ReadsFromBehind                  // a read from a version starts one later
	SharedBytes                      // readers get the store's own bytes
)

// MeantFor says which check of the suite is meant to see each fault.
func MeantFor() map[Fault]string {
	return map[Fault]string{
		AckBeforeSync:       "acknowledged events survive a power cut",
		ShownBeforeSync:     "what a subscriber saw survives a power cut",
		NoExpectedVersion:   "a wrong expected version is a conflict",
		IDsNotCompared:      "other events at the same versions are a conflict",
		ConflictIsSuccess:   "of two writers one wins",
		OverlapAccepted:     "a partial overlap is a conflict",
		WrittenTwice:        "a repeated append is recognised",
		Holes:               "the global order has no holes",
		LostTail:            "everything survives being opened again",
		TornAppend:          "several events are appended all or none",
		PositionInclusive:   "positions ascend and are exclusive",
		LostHandOver:        "a subscriber is handed over from old to new",
		HandlerErrorIgnored: "a subscription ends with the handler's error",
		RefusedButWritten:   "an ended context leaves no doubt unsaid",
		ReadsFromBehind:     "reading starts at a version",
		SharedBytes:         "what was read is the reader's",
	}
}

const (
	syncEvery = 10                    // appends, of AckBeforeSync
	holeEvery = 5                     // appends, of Holes
	holeMost  = 20 * time.Millisecond // how long Holes keeps an event back if nobody goes past it
)

// settle ends an append: to the disk, then to the readers, then the answer. Needs the lock.
func (s *Store) settle() error {
	switch s.fault {
	case AckBeforeSync:
		s.visible = len(s.log)
		s.wake()
		if s.appends%syncEvery == 0 {
			s.sync()
		}
	case ShownBeforeSync:
		s.visible = len(s.log)
		s.wake()
		end := len(s.log)
		s.pause()
		if s.dead {
			return errDead
		}
		s.durable = max(s.durable, end)
	case Holes:
		s.hole()
	default:
		s.sync()
	}
	return nil
}

// hole keeps every fifth event back until a reader has gone past it. Needs the lock.
func (s *Store) hole() {
	if s.appends%holeEvery != 0 || s.held >= 0 {
		s.sync()
		return
	}
	s.held, s.passed = len(s.log)-1, make(chan struct{})
	late := time.NewTimer(holeMost)
	defer late.Stop()
	s.sync()
	passed := s.passed
	s.mu.Unlock()
	select {
	case <-passed:
	case <-late.C:
	}
	s.mu.Lock()
	s.held = -1
	s.wake()
}

// pass tells that a reader is shown the event at a place.
func (s *Store) pass(p int) {
	if s.held >= 0 && p > s.held && s.passed != nil {
		close(s.passed)
		s.passed = nil
	}
}

// pause lets others in at a bad moment. Needs the lock, and gives it up meanwhile.
func (s *Store) pause() {
	s.mu.Unlock()
	time.Sleep(pauseFor)
	s.mu.Lock()
}

const pauseFor = 3 * time.Millisecond
