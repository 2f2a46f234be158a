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
	m.Journal.Appended(.002, 2, "ok")
	m.Journal.Reseeded()
	m.Journal.Flushed(.003, 40, true)
	m.Journal.Flushed(.003, 40, false)
	m.Journal.Tail(60)
	m.Journal.Waiting(5)
	m.Journal.Halted(1)
	m.Journal.Guard(false)
	m.Journal.Alarm("journal: game halted")
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
	m.Served.Called("append", "wrong_expected_version", .001)
	m.Served.Called("subscribe", "canceled", 3600)
	m.Served.Subscriptions(4)
	m.ESDB.Called("append", "ok", .002)
	m.ESDB.Called("subscribe", "unavailable", 60)
	m.ESDB.InFlight(3)
	m.ESDB.Connected()
	m.ESDB.Lost()
	m.ESDB.Resubscribed()
	m.Redis.Called(.002, true)
	m.Redis.Called(1, false)
	m.Redis.Lease("relay", true)
	m.Redis.Peers(2)
	m.Redis.Silent(true)

	body := scrape(t, m)
	for _, want := range []string{
		`ply_build_info{version="v1"} 1`,
		`ply_command_seconds_count{command="move",result="ok"} 1`,
		`ply_command_seconds_count{command="move",result="illegal_move"} 1`,
		"ply_hot_games 7", `ply_snapshots_total{outcome="saved"} 1`, `ply_alarms_total{what="disk"} 2`,
		`ply_append_seconds_count{ok="yes"} 1`, "ply_append_batch_events_sum 4", "ply_append_batch_appends_sum 3",
		"ply_append_bytes_total 500", "ply_subscriber_behind_events_total 9", "ply_store_stopped 1",
		`ply_journal_append_seconds_count{outcome="ok"} 1`, "ply_journal_append_events_sum 2", "ply_journal_reseeded_total 1",
		`ply_journal_flush_seconds_count{ok="no"} 1`, "ply_journal_flush_events_sum 40", "ply_journal_tail_events_sum 60",
		"ply_journal_waiting_games 5", "ply_journal_halted_games 1", "ply_journal_redis_distrusted 1",
		`ply_alarms_total{what="journal: game halted"} 1`,
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
		`ply_store_calls_total{method="append",result="wrong_expected_version"} 1`,
		`ply_store_calls_total{method="subscribe",result="canceled"} 1`,
		`ply_store_call_seconds_count{method="append"} 1`, "ply_store_subscriptions 4",
		`ply_view_rebuilds_total{view="games"} 1`, `ply_esdb_call_seconds_count{kind="append",result="ok"} 1`,
		`ply_esdb_subscriptions_ended_total{result="unavailable"} 1`, "ply_esdb_calls_in_flight 3",
		"ply_esdb_connections_total 1", "ply_esdb_connections_lost_total 1", "ply_esdb_resubscriptions_total 1",
		"go_goroutines",
		`ply_redis_call_seconds_count{answered="yes"} 1`, `ply_redis_call_seconds_count{answered="no"} 1`,
		`ply_lease_held{lease="relay"} 1`, "ply_peers 2", "ply_peers_silent 1",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(body, `ply_store_call_seconds_count{method="subscribe"}`) {
		t.Error("the life of a subscription is counted as a latency")
	}
}

func TestNoLabelNamesAGameOrAPerson(t *testing.T) {
	m := metrics.New("v1")
	m.Commands.Command("move", "ok", .003)
	m.Served.Called("append", "ok", .001)
	m.Redis.Called(.002, true)
	m.Redis.Lease("relay", true)
	for _, label := range regexp.MustCompile(`ply_\w+\{([^}]*)\}`).FindAllStringSubmatch(scrape(t, m), -1) {
		for _, pair := range strings.Split(label[1], ",") {
			name, _, _ := strings.Cut(pair, "=")
			switch name {
			case "version", "command", "result", "outcome", "what", "ok", "le", "kind", "why", "status", "view", "method",
				"answered", "lease":
			default:
				t.Errorf("label %q: is its number of values bounded?", name)
			}
		}
	}
}
