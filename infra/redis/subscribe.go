package redis

import (
	"context"
	"time"

	"github.com/redis/rueidis"
)

// subscriber is told what a subscription hears: first ready, then what is heard, then lost, never two at once. All must
// be quick; nil ones are left out.
type subscriber struct {
	ready func()       // it is heard from now on
	heard func(string) // a message
	lost  func()       // what is said now is not heard
}

// Waits between attempts to subscribe again.
const (
	listenFirst = 50 * time.Millisecond
	listenMost  = time.Second
)

// subscribe listens to a channel on a connection of its own until ctx ends, and again whenever that breaks. Messages that
// are published meanwhile are lost.
func (c *Client) subscribe(ctx context.Context, channel string, to subscriber) {
	wait := listenFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := c.listen(ctx, channel, to)
		if ctx.Err() != nil {
			return
		}
		if to.lost != nil {
			to.lost()
		}
		c.log.Warn("redis: a subscription broke and is made again", "channel", channel, "error", err)
		if time.Since(began) > listenMost {
			wait = listenFirst
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, listenMost)
	}
}

// listen is one subscription on one connection.
func (c *Client) listen(ctx context.Context, channel string, to subscriber) error {
	conn, _ := c.raw.Dedicate()
	defer conn.Close()
	hooked := rueidis.WithOnSubscriptionHook(ctx, func(s rueidis.PubSubSubscription) {
		if s.Kind == "subscribe" && to.ready != nil {
			to.ready()
		}
	})
	return conn.Receive(hooked, conn.B().Subscribe().Channel(channel).Build(), func(m rueidis.PubSubMessage) {
		if to.heard != nil {
			to.heard(m.Message)
		}
	})
}
