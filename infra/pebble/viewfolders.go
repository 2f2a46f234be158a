package pebble

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/plygames/ply/projections"
)

// ViewFolders are the folders of all views. A view's folders are numbered: the live one is named in a small file that is
// replaced in one step, the next number is the one being built, and all others are remains. Number 0 is the view's name
// alone, and needs no file.
type ViewFolders struct{ store *Store }

var _ projections.Folders = ViewFolders{}

// ViewFolders gives the folders of all views.
func (s *Store) ViewFolders() ViewFolders { return ViewFolders{s} }

// Names of files and folders beside a view's folder number 0. A view's name holds no dot.
const (
	liveSuffix    = ".live"
	newSuffix     = ".new"
	scratchSuffix = ".scratch"
)

func numbered(view string, number uint64) string {
	if number == 0 {
		return view
	}
	return view + "." + strconv.FormatUint(number, 10)
}

func (s *Store) viewPath(folder string) string { return s.fs.PathJoin(s.path("views"), folder) }

// liveNumber reads which folder of a view is live.
func (s *Store) liveNumber(view string) (uint64, error) {
	f, err := s.fs.Open(s.viewPath(view + liveSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	if number, err := strconv.ParseUint(string(text), 10, 64); err == nil {
		return number, nil
	}
	s.logger.Warn("it is not known which folder of a view is live; taking the newest", "view", view)
	return s.newestNumber(view)
}

// newestNumber is the greatest number that a folder of a view has. Half built or not, the fold goes on from its checkpoint.
func (s *Store) newestNumber(view string) (newest uint64, err error) {
	entries, err := s.fs.List(s.path("views"))
	if err != nil {
		return 0, err
	}
	for _, name := range entries {
		rest, ours := strings.CutPrefix(name, view+".")
		if number, err := strconv.ParseUint(rest, 10, 64); ours && err == nil {
			newest = max(newest, number)
		}
	}
	return newest, s.setLive(view, newest)
}

// setLive replaces the file that says which folder is live.
func (s *Store) setLive(view string, number uint64) error {
	place := s.viewPath(view + liveSuffix)
	f, err := s.fs.Create(place+newSuffix, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(strconv.AppendUint(nil, number, 10))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := s.fs.Rename(place+newSuffix, place); err != nil {
		return err
	}
	d, err := s.fs.OpenDir(s.path("views"))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// sweep removes what is neither the live folder of a view nor the one that is being built.
func (s *Store) sweep(view string, live uint64) error {
	entries, err := s.fs.List(s.path("views"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range entries {
		rest, ours := strings.CutPrefix(name, view+".")
		if !ours && name != view {
			continue
		}
		keep := name == numbered(view, live) || name == numbered(view, live+1) || rest == liveSuffix[1:] || s.views[name] != nil
		if !keep {
			errs = append(errs, s.fs.RemoveAll(s.viewPath(name)))
		}
	}
	return errors.Join(errs...)
}

// View opens the live folder of the view with a name of letters, digits and hyphens. It may be open once at a time. A
// folder that can't be read is emptied: the view is folded anew. Close it, or the store.
func (s *Store) View(name string) (*View, error) {
	if !validName(name) {
		return nil, fmt.Errorf("view %q: a name has 1 to 64 letters, digits and hyphens", name)
	}
	s.viewsMu.Lock()
	defer s.viewsMu.Unlock()
	live, err := s.liveNumber(name)
	if err == nil {
		err = s.sweep(name, live)
	}
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", name, err)
	}
	return s.openView(name, numbered(name, live))
}

// Beside implements projections.Folders.
func (v ViewFolders) Beside(view string) (projections.Views, error) {
	s := v.store
	s.viewsMu.Lock()
	defer s.viewsMu.Unlock()
	live, err := s.liveNumber(view)
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", view, err)
	}
	return asViews(s.openView(view, numbered(view, live+1)))
}

// Scratch implements projections.Folders.
func (v ViewFolders) Scratch(view string) (projections.Views, error) {
	s := v.store
	s.viewsMu.Lock()
	defer s.viewsMu.Unlock()
	folder := view + scratchSuffix
	if s.views[folder] == nil {
		if err := s.fs.RemoveAll(s.viewPath(folder)); err != nil {
			return nil, fmt.Errorf("view %s: %w", view, err)
		}
	}
	opened, err := s.openView(view, folder)
	if err == nil {
		opened.doomed.Store(true)
	}
	return asViews(opened, err)
}

// asViews keeps a nil View from becoming a Views that is not nil.
func asViews(v *View, err error) (projections.Views, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Switch implements projections.Folders. What is on disk is made durable first, so that a power cut does not leave less
// than the old folder had.
func (v ViewFolders) Switch(view string) error {
	s := v.store
	s.viewsMu.Lock()
	defer s.viewsMu.Unlock()
	live, err := s.liveNumber(view)
	if err != nil {
		return fmt.Errorf("view %s: %w", view, err)
	}
	next := s.views[numbered(view, live+1)]
	if next == nil {
		return fmt.Errorf("view %s: nothing was built beside it", view)
	}
	if err := next.flush(); err != nil {
		return fmt.Errorf("view %s: %w", view, err)
	}
	if err := s.setLive(view, live+1); err != nil {
		return fmt.Errorf("view %s: %w", view, err)
	}
	if old := s.views[numbered(view, live)]; old != nil {
		old.doomed.Store(true)
		return nil
	}
	return s.sweep(view, live+1)
}

// openView opens one folder of a view. viewsMu is held.
func (s *Store) openView(name, folder string) (*View, error) {
	if s.views == nil {
		return nil, errClosed
	}
	if s.views[folder] != nil {
		return nil, fmt.Errorf("view %s is open already", name)
	}
	open := s.opener(s.fs.PathJoin("views", folder))
	f, err := open()
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", name, err)
	}
	// Appends stop first, so that what was appended can still be folded.
	space := s.roomFor(s.config.MinFree / 2)
	v := &View{name: name, folder: f, open: open, room: space, remove: func() error { return s.fs.RemoveAll(s.viewPath(folder)) }, free: func() {
		s.viewsMu.Lock()
		defer s.viewsMu.Unlock()
		delete(s.views, folder)
	}}
	s.views[folder] = v
	return v, nil
}
