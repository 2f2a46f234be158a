package wire_test

import (
	"slices"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/transport/wire"
)

// TestErrorTable is section 8, row by row.
func TestErrorTable(t *testing.T) {
	rows := []struct {
		kind   domain.Kind
		status int
		retry  bool
	}{
		{"bad_message", 400, false}, {"unknown_type", 400, false}, {"invalid_field", 422, false},
		{"unauthorized", 401, false}, {"forbidden", 403, false}, {"not_found", 404, false}, {"not_a_player", 403, false},
		{"game_full", 409, false}, {"already_joined", 409, false}, {"not_started", 409, false}, {"game_over", 409, false},
		{"not_your_turn", 409, false}, {"illegal_move", 422, false}, {"no_offer", 409, false}, {"too_early", 409, true},
		{"version_conflict", 409, false}, {"command_id_reused", 409, false}, {"rate_limited", 429, true},
		{"quota_exceeded", 429, false}, {"busy", 503, true}, {"unavailable", 503, true}, {"unknown", 504, true},
		{"internal", 500, true},
	}
	kinds := wire.Kinds()
	if len(kinds) != len(rows) {
		t.Errorf("%d kinds, the protocol has %d", len(kinds), len(rows))
	}
	for _, row := range rows {
		if !slices.Contains(kinds, row.kind) {
			t.Errorf("%s is missing", row.kind)
		}
		if got := wire.Status(row.kind); got != row.status {
			t.Errorf("%s: status %d, want %d", row.kind, got, row.status)
		}
		if got := wire.Retry(&domain.Error{Kind: row.kind, After: 100}); got != row.retry {
			t.Errorf("%s: retry %v, want %v", row.kind, got, row.retry)
		}
	}
	if wire.Retry(&domain.Error{Kind: domain.TooEarly}) {
		t.Error("too_early may be sent again only if it says when")
	}
	if wire.Status("nonsense") != 500 {
		t.Error("what the table does not know is our mistake")
	}
}

func TestNotFoundAndForbiddenReadTheSame(t *testing.T) {
	a := object(t, wire.Error("", domain.Refuse(domain.NotFound, "one text")))
	b := object(t, wire.Error("", domain.Refuse(domain.Forbidden, "another text")))
	if a["message"] != b["message"] {
		t.Errorf("%q and %q tell apart what exists", a["message"], b["message"])
	}
}

// TestCloseTable is section 9.
func TestCloseTable(t *testing.T) {
	codes := map[int]bool{}
	for _, c := range wire.Closes() {
		codes[c.Code] = true
		if len(c.Reason) > 100 || c.Reason == "" {
			t.Errorf("%d: a reason of %d bytes", c.Code, len(c.Reason))
		}
		if want := c.Code >= 4000 && c.Code <= 4499; c.Reconnect() != want {
			t.Errorf("%d: reconnect %v", c.Code, c.Reconnect())
		}
		if c.Code == 1008 || c.Code == 1011 || c.Code == 1012 {
			t.Errorf("%d is never sent on purpose", c.Code)
		}
	}
	for _, code := range []int{4000, 4001, 4002, 4003, 4004, 4005, 4006, 4500, 4502, 4503, 4504, 4505, 1002, 1003, 1007, 1009} {
		if !codes[code] {
			t.Errorf("%d is missing", code)
		}
		delete(codes, code)
	}
	for code := range codes {
		t.Errorf("%d is not in the protocol", code)
	}
	if c := wire.Draining(2750); c.Code != 4001 || c.Reason != "retry=2750" {
		t.Errorf("draining is %+v", c)
	}
	if wire.CloseProtocol.Reason != "supported: ply.v1" {
		t.Errorf("wrong protocol says %q", wire.CloseProtocol.Reason)
	}
}
