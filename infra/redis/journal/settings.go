package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/event"
)

// SettingsStream is the stream of the store that records facts of the deployment.
const SettingsStream event.Stream = "ply-settings"

// The events of SettingsStream. Their names and fields are stored and never change.
const (
	turnedOnType  = "journal-turned-on.v1"  // {"incarnation": "..."}
	turnedOffType = "journal-turned-off.v1" // {}
)

type turnedOn struct {
	Incarnation string `json:"incarnation"`
}

// Setting is what the store says about the journal.
type Setting struct {
	Recorded    bool   // false: no server was ever started on this store
	On          bool   // moves go through the journal
	Incarnation string // of the journal that is on

	past    []string // incarnations that were on before
	version uint64
	chain   event.Hash
}

// ReadSetting reads what the store says.
func ReadSetting(ctx context.Context, store commands.EventStore) (Setting, error) {
	s := Setting{chain: event.Genesis(SettingsStream)}
	for rec, err := range store.ReadStream(ctx, SettingsStream, 1) {
		if err != nil {
			return Setting{}, fmt.Errorf("%w: read %s: %w", commands.ErrUnavailable, SettingsStream, err)
		}
		s.version, s.chain = rec.Version, event.Next(s.chain, rec.Type, rec.Meta, rec.Data)
		if s.chain.ID() != rec.ID {
			return Setting{}, fmt.Errorf("%s version %d does not belong behind what is before it", SettingsStream, rec.Version)
		}
		switch rec.Type {
		case turnedOnType:
			var on turnedOn
			if err := json.Unmarshal(rec.Data, &on); err != nil || on.Incarnation == "" {
				return Setting{}, fmt.Errorf("%s version %d can't be read: %v", SettingsStream, rec.Version, err)
			}
			s.Recorded, s.On, s.Incarnation = true, true, on.Incarnation
		case turnedOffType:
			if s.On {
				s.past = append(s.past, s.Incarnation)
			}
			s.Recorded, s.On, s.Incarnation = true, false, ""
		}
	}
	return s, nil
}

// record writes the next fact behind s. ErrConflict: another server wrote first.
func record(ctx context.Context, store commands.EventStore, s Setting, kind string, fact any) error {
	data, err := json.Marshal(fact)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	rec := event.Recorded{
		Stream: SettingsStream, Version: s.version + 1, Type: kind,
		Meta: event.Meta{At: time.Now().UnixMilli()}.Encode(), Data: data,
	}
	rec.ID = event.Next(s.chain, rec.Type, rec.Meta, rec.Data).ID()
	for {
		err := store.Append(ctx, SettingsStream, s.version, []event.Recorded{rec})
		if !errors.Is(err, commands.ErrUnknown) {
			return err
		}
		if wait(ctx, 100*time.Millisecond) != nil {
			return err
		}
	}
}
