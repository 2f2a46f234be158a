package player_test

import (
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/player"
)

// life is a person who was given two names and erased.
func life(t *testing.T) []event.Recorded {
	t.Helper()
	h := player.Follow("p_1")
	var all []event.Recorded
	for _, make := range []func() event.Recorded{
		func() event.Recorded { return h.Named("Ann", event.Meta{At: 1}) },
		func() event.Recorded { return h.Named("Anna", event.Meta{At: 2}) },
		func() event.Recorded { return h.Erased(event.Meta{At: 3}) },
	} {
		rec := make()
		if err := h.Apply(rec); err != nil {
			t.Fatal(err)
		}
		all = append(all, rec)
	}
	if h.Name != "" || !h.Gone || !h.Whole() || h.Last != player.ErasedType {
		t.Fatalf("%+v", h)
	}
	return all
}

func TestHistory(t *testing.T) {
	empty := func(e event.Recorded) event.Recorded { e.Data = []byte(player.Emptied); return e }
	other := func(e event.Recorded) event.Recorded { e.Data = []byte(`{"name":"Eve"}`); return e }
	foreign := func(e event.Recorded) event.Recorded { e.ID[3]++; return e }
	all := life(t)
	a, b, c := all[0], all[1], all[2]
	for name, test := range map[string]struct {
		events []event.Recorded
		good   bool
	}{
		"as written":                      {[]event.Recorded{a, b, c}, true},
		"emptied":                         {[]event.Recorded{empty(a), empty(b), c}, true},
		"cut off by the store":            {[]event.Recorded{c}, true},
		"not erased yet":                  {[]event.Recorded{a, b}, true},
		"another name":                    {[]event.Recorded{a, other(b), c}, false},
		"emptied, not erased":             {[]event.Recorded{empty(a), b, c}, false},
		"emptied and never erased":        {[]event.Recorded{empty(a), empty(b)}, false},
		"emptied, another event's id":     {[]event.Recorded{empty(a), foreign(empty(b)), c}, false},
		"erased in another person's name": {[]event.Recorded{a, b, other(c)}, false},
		"a hole":                          {[]event.Recorded{a, c}, false},
		"begins in the middle":            {[]event.Recorded{b, c}, false},
	} {
		h := player.Follow("p_1")
		var err error
		for _, rec := range test.events {
			if err = h.Apply(rec); err != nil {
				break
			}
		}
		if good := err == nil && h.Whole(); good != test.good {
			t.Errorf("%s: %v, %v", name, err, h.Whole())
		}
	}
}

// Who was erased gets no name again, whatever a release that does not know of it writes.
func TestErasedStaysNameless(t *testing.T) {
	h := player.Follow("p_1")
	for _, rec := range life(t) {
		if err := h.Apply(rec); err != nil {
			t.Fatal(err)
		}
	}
	late := h.Named("Ann", event.Meta{})
	if err := h.Apply(late); err != nil || h.Name != "" {
		t.Errorf("called %q, %v", h.Name, err)
	}
	again := h.Erased(event.Meta{})
	if err := h.Apply(again); err != nil || h.Last != player.ErasedType {
		t.Errorf("%+v %v", h, err)
	}
	for rec, want := range map[*event.Recorded]string{&late: "Ann", &again: ""} {
		if name, ok, err := player.Name(*rec); name != want || !ok || err != nil {
			t.Errorf("%s gives %q %v %v", rec.Type, name, ok, err)
		}
	}
}
