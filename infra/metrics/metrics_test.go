package metrics_test

import (
	"io"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/infra/metrics"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d, %v", w.Code, err)
	}
	return string(body)
}

func TestWhatIsObservedIsServed(t *testing.T) {
	m := metrics.New("v1")
	m.Commands.Command("move", "ok", .003)
	m.Commands.Command("move", "illegal_move", .001)
	m.Commands.Hot(7)
	m.Commands.Snapshot("saved")
	m.Commands.Alarm("disk")
	m.Store.Appended(.002, 2, true)
	m.Store.Batch(3, 4, 500, .001)
	m.Store.Behind(9)
	m.Store.Stopped()
	m.Relay.Relayed(4, 5*time.Millisecond)
	m.Relay.Alarm("disk")
	m.Bus.BadMessage()
	m.Bus.Published(500, 5*time.Millisecond)
	m.Bus.Unpublished()
	m.Bus.Oversized()
	m.Bus.Delivered(6, 7*time.Millisecond)
	m.Bus.Resubscribed()
	m.Fanout.Logs(2)
	m.Fanout.Behind(.01)
	m.Fanout.Skipped()
	m.Sockets.Opened("play")
	m.Sockets.Opened("play")
	m.Sockets.Closed("play", "peer")
	m.Sockets.Refused(403)
	m.Sockets.Wrote(100, true)
	m.Sockets.RoundTrip(.02)
	m.Spectate.Watched(3)
	m.Spectate.Gap()
	m.Spectate.Lost()
	m.Spectate.Stale(0, true)
	m.Views.Folded("games", 8)
	m.Views.Parked("games")
	m.Views.Rebuilt("games")

	body := scrape(t, m)
	for _, want := range []string{
		`ply_build_info{version="v1"} 1`,
		`ply_command_seconds_count{command="move",result="ok"} 1`,
		`ply_command_seconds_count{command="move",result="illegal_move"} 1`,
		"ply_hot_games 7", `ply_snapshots_total{outcome="saved"} 1`, `ply_alarms_total{what="disk"} 2`,
		`ply_append_seconds_count{ok="yes"} 1`, "ply_append_batch_events_sum 4", "ply_append_batch_appends_sum 3",
		"ply_append_bytes_total 500", "ply_subscriber_behind_events_total 9", "ply_store_stopped 1",
		"ply_relayed_events_total 4", "ply_relay_lag_seconds_sum 0.005", "ply_bus_bad_messages_total 1",
		"ply_bus_publish_seconds_sum 0.005", "ply_bus_publish_records_sum 500", "ply_bus_publish_failures_total 1",
		"ply_bus_oversized_events_total 1", "ply_bus_delivered_events_total 6", "ply_bus_delivery_seconds_sum 0.007",
		"ply_bus_resubscriptions_total 1",
		"ply_logs 2", "ply_log_lag_seconds_count 1", "ply_watcher_skips_total 1", `ply_sockets{kind="play"} 1`,
		`ply_sockets_closed_total{kind="play",why="peer"} 1`, `ply_handshakes_refused_total{status="403"} 1`,
		"ply_messages_sent_total 1", "ply_message_bytes_sent_total 100", "ply_messages_spilled_total 1",
		"ply_round_trip_seconds_count 1", "ply_watched_games 3", "ply_watch_gaps_total 1", "ply_watch_lost_total 1",
		"ply_bus_silent_partitions 1", `ply_view_events_total{view="games"} 8`, `ply_view_parked_total{view="games"} 1`,
		`ply_view_rebuilds_total{view="games"} 1`, "go_goroutines",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestNoLabelNamesAGameOrAPerson(t *testing.T) {
	m := metrics.New("v1")
	m.Commands.Command("move", "ok", .003)
	for _, label := range regexp.MustCompile(`ply_\w+\{([^}]*)\}`).FindAllStringSubmatch(scrape(t, m), -1) {
		for _, pair := range strings.Split(label[1], ",") {
			name, _, _ := strings.Cut(pair, "=")
			switch name {
			case "version", "command", "result", "outcome", "what", "ok", "le", "kind", "why", "status", "view":
			default:
				t.Errorf("label %q: is its number of values bounded?", name)
			}
		}
	}
}
