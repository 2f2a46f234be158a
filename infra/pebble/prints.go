package pebble

import (
	"errors"
	"fmt"
	"hash/maphash"

	lsm "github.com/cockroachdb/pebble/v2"
)

// prints tell whether two collections that are read in different orders are the same, without keeping either: the sums of
// their elements' fingerprints. The fingerprints have 128 bits and depend on random numbers that nobody knows beforehand, so
// different collections have the same sum about never, and nobody can see to it that they do.
type prints [2]maphash.Seed

func newPrints() prints { return prints{maphash.MakeSeed(), maphash.MakeSeed()} }

func (p *prints) of(b []byte) [2]uint64 {
	return [2]uint64{maphash.Bytes(p[0], b), maphash.Bytes(p[1], b)}
}

func add(sum *[2]uint64, more [2]uint64) {
	sum[0] += more[0]
	sum[1] += more[1]
}

// agree proves that the global order names exactly the events that are in the streams: as many, and the same.
func (in *inspection) agree() error {
	if in.seen == in.until && in.streams == in.places {
		return nil
	}
	if err := in.compare(); err != nil {
		return err
	}
	return fmt.Errorf("%w: %d events for %d positions", errCorrupt, in.seen, in.until)
}

// compare looks each event up, slowly, to name the first that is not at its place in the global order.
func (in *inspection) compare() (err error) {
	it, err := in.db.NewIter(&lsm.IterOptions{LowerBound: []byte{eventPrefix}, UpperBound: []byte{eventPrefix + 1}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for it.First(); it.Valid(); it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		stream, version, err := parseEventKey(it.Key())
		if err != nil {
			return err
		}
		place, _, err := recordPlace(value)
		if err == nil && place <= in.until {
			err = in.indexed(it.Key(), place)
		}
		if err != nil {
			return fmt.Errorf("%s version %d: %w", stream, version, err)
		}
	}
	return it.Error()
}

// indexed checks that the global order has this very event at its position.
func (in *inspection) indexed(key []byte, place uint64) error {
	found, closer, err := in.db.Get(positionKey(place))
	if err != nil {
		return fmt.Errorf("position %d: %w", place, err)
	}
	if string(found) != string(key) {
		err = fmt.Errorf("%w: position %d is another event's", errCorrupt, place)
	}
	return errors.Join(err, closer.Close())
}
