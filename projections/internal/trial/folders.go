package trial

import (
	"errors"
	"sync"

	"github.com/plygames/ply/projections"
)

// Folders keeps the folders of one view in memory. A process that dies is a Fold that is given up. Safe for concurrent
// use.
type Folders struct {
	mu           sync.Mutex
	live, beside *Views
	commits      int // that the folder beside will still take; negative = any number
	switches     int
	failSwitch   error
}

var _ projections.Folders = (*Folders)(nil)

// NewFolders begins with an empty live folder.
func NewFolders() *Folders { return &Folders{live: NewViews(), commits: -1} }

// ErrKilled is what a folder answers that DieAfter has killed.
var ErrKilled = errors.New("killed")

// DieAfter has the folder beside fail after some commits, until it is called again; negative = never.
func (f *Folders) DieAfter(commits int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commits = commits
}

// FailSwitch makes Switch fail with an error; nil ends it.
func (f *Folders) FailSwitch(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failSwitch = err
}

// Live is the live folder.
func (f *Folders) Live() *Views {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.live
}

// Switches tells how often the live folder was replaced.
func (f *Folders) Switches() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.switches
}

// Beside implements projections.Folders.
func (f *Folders) Beside(string) (projections.Views, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.beside == nil {
		f.beside = NewViews()
	}
	return &mortal{f.beside, f}, nil
}

// Switch implements projections.Folders.
func (f *Folders) Switch(string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.failSwitch != nil:
		return f.failSwitch
	case f.beside == nil:
		return errors.New("trial: nothing was built")
	}
	f.live, f.beside = f.beside, nil
	f.commits = -1
	f.switches++
	return nil
}

// Scratch implements projections.Folders.
func (f *Folders) Scratch(string) (projections.Views, error) { return NewViews(), nil }

// mortal is the folder beside.
type mortal struct {
	*Views
	folders *Folders
}

func (m *mortal) Commit(changes map[string][]byte, at projections.Checkpoint) error {
	m.folders.mu.Lock()
	defer m.folders.mu.Unlock()
	if m.folders.live != m.Views {
		if m.folders.commits == 0 {
			return ErrKilled
		}
		m.folders.commits--
	}
	return m.Views.Commit(changes, at)
}
