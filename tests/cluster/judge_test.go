package cluster_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/plygames/ply/infra/eventstoredb"
	"github.com/plygames/ply/infra/pebble"
	"github.com/plygames/ply/tests/robustness"
)

// judge drains the site and holds what everybody saw against the store, and Kafka's topic against it.
func (at *site) judge(ctx context.Context, c *crowd) {
	at.t.Helper()
	at.hold(ctx, c.record, c.played())
}

// hold is judge for any record and the games that were played to their end, and gives what the store has of them.
func (at *site) hold(ctx context.Context, record *robustness.Recorder, played map[string]bool) robustness.Log {
	at.t.Helper()
	topic := at.readTopic(ctx, played)
	at.close()
	log, findings, err := at.readStore(ctx, func(id string) bool { return played[id] })
	if err != nil {
		at.t.Fatal(err)
	}
	h := record.History()
	findings = append(findings, robustness.Check(h, log)...)
	findings = append(findings, robustness.Linearizable(h, log, time.Minute)...)
	findings = append(findings, compareTopic(log, topic)...)
	for i, f := range findings {
		if i == 20 {
			at.t.Errorf("and %d more", len(findings)-i)
			break
		}
		at.t.Error(f)
	}
	count := [3]int{}
	duplicates, events := 0, 0
	for _, a := range h.Attempts {
		count[a.Outcome]++
		if a.Duplicate {
			duplicates++
		}
	}
	for _, entries := range log {
		events += len(entries)
	}
	lost, doubled := 0, 0
	for _, f := range findings {
		if strings.Contains(f, "and lost") {
			lost++
		}
		if strings.Contains(f, "done twice") || strings.Contains(f, "as new") {
			doubled++
		}
	}
	at.t.Logf("lost %d, doubled %d, all findings %d (every event folded and judged again, every game's history by porcupine, Kafka's topic)", lost, doubled, len(findings))
	at.t.Logf("%d games, %d events; %d commands accepted (%d of them told as duplicates), %d refused, %d of unknown outcome; %d reads",
		len(log), events, count[robustness.Accepted], duplicates, count[robustness.Rejected], count[robustness.Unknown], len(h.Reads))
	return log
}

// readStore reads the games of this test: from the folder of our own store, which is down, or from somebody else's.
func (at *site) readStore(ctx context.Context, wanted func(string) bool) (robustness.Log, []string, error) {
	if at.store == nil {
		store, err := eventstoredb.Open(ctx, eventstoredb.Config{ConnectionString: at.storeURL, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = store.Close() }()
		return robustness.ReadStore(ctx, store, wanted)
	}
	store, err := pebble.Open(pebble.Config{Dir: at.store.Data})
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = store.Close() }()
	log, findings, err := robustness.ReadStore(ctx, store, wanted)
	if broken := store.Verify(ctx, nil); broken != nil {
		findings = append(findings, broken.Error())
	}
	return log, findings, err
}

// compareTopic: after everything came to rest, each game's records are the store's stream, repetitions aside.
func compareTopic(log robustness.Log, topic map[string][]record) (findings []string) {
	for id, entries := range log {
		next := 0
		for _, r := range topic[id] {
			switch {
			case next < len(entries) && r.version == entries[next].V && r.id == entries[next].ID.String():
				next++
			case r.version > uint64(next) || r.version == 0 || r.id != entries[r.version-1].ID.String():
				findings = append(findings, fmt.Sprintf("%s: Kafka has version %d (%s) where %d is due", id, r.version, r.id, next+1))
			}
		}
		if next != len(entries) {
			findings = append(findings, fmt.Sprintf("%s: Kafka has %d of %d events", id, next, len(entries)))
		}
	}
	return findings
}
