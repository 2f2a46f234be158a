package redis

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/socket"
)

// outbox is what this server has to say.
type outbox struct {
	mu        sync.Mutex
	changed   map[string]struct{} // games
	rematches []wish
	all       bool // everything must be said again
	ask       bool // the others must say everything again
}

// wish is a rematch that is told, and told again with everything else, as long as there may be sockets of the game.
type wish struct {
	rematch
	until time.Time
	told  bool
}

const (
	wishFor = time.Minute
	sayFor  = time.Second
	// Between two messages: 20,000 players who come back at once must not be as many of them.
	sayGap = 20 * time.Millisecond
	// Between two times that everything is said, whoever asks.
	allGap = 250 * time.Millisecond
)

// Changed implements socket.Site.
func (s *Signals) Changed(id string, urgent bool) {
	s.out.mu.Lock()
	s.out.changed[id] = struct{}{}
	s.out.mu.Unlock()
	if urgent {
		s.hurry()
	}
}

// Rematch implements socket.Site.
func (s *Signals) Rematch(id string, by game.Seat, next string) {
	s.out.mu.Lock()
	s.out.rematches = append(s.out.rematches, wish{rematch: rematch{id, by, next}, until: time.Now().Add(wishFor)})
	s.out.mu.Unlock()
	s.hurry()
}

// owe notes that everything must be said again, or asks the others for it.
func (s *Signals) owe(all, ask bool) {
	s.out.mu.Lock()
	s.out.all = s.out.all || all
	s.out.ask = s.out.ask || ask
	s.out.mu.Unlock()
	s.hurry()
}

func (s *Signals) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// speak is the only goroutine that publishes: a server's messages leave in their order.
func (s *Signals) speak(ctx context.Context) {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	voice := voice{Signals: s}
	for {
		voice.say(ctx)
		select { // what comes meanwhile goes into one message
		case <-ctx.Done():
		case <-time.After(sayGap):
		}
		select {
		case <-ctx.Done():
			_ = voice.publish(context.WithoutCancel(ctx), message{Bye: true})
			return
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// voice is what speak knows of what was said.
type voice struct {
	*Signals
	seq uint64
	all time.Time // everything was said then
}

// say tells what there is to be told; if that is nothing, that this server is alive. What may not have been heard is said
// again the next time.
func (s *voice) say(ctx context.Context) {
	s.out.mu.Lock()
	since := time.Since(s.all)
	all := since >= s.Refresh || s.out.all && since >= allGap
	changed, ask := s.out.changed, s.out.ask
	s.out.changed, s.out.ask = map[string]struct{}{}, false
	if all {
		s.out.all, s.all = false, time.Now()
	}
	rematches := s.out.wishes(all)
	s.out.mu.Unlock()

	messages := s.parts(changed, all)
	messages[0].Ask, messages[0].Rematches = ask, rematches
	for i := range messages {
		if err := s.publish(ctx, messages[i]); err != nil {
			s.client.log.Debug("signals not sent", "error", err)
			s.out.mu.Lock()
			s.out.all, s.out.ask = true, s.out.ask || ask
			s.out.mu.Unlock()
			return
		}
	}
}

// wishes gives the rematches that are to be told, and forgets old ones. Called with mu held.
func (o *outbox) wishes(all bool) (told []rematch) {
	now := time.Now()
	o.rematches = slices.DeleteFunc(o.rematches, func(w wish) bool { return now.After(w.until) })
	for i := range o.rematches {
		if all || !o.rematches[i].told {
			o.rematches[i].told = true
			told = append(told, o.rematches[i].rematch)
		}
	}
	return told
}

// parts makes the messages about who looks at what: at least one.
func (s *Signals) parts(changed map[string]struct{}, all bool) []message {
	games := map[string]socket.Attendance{}
	if all {
		games = s.Presence.OwnAll()
	} else {
		for id := range changed {
			games[id] = s.Presence.Own(id)
		}
	}
	messages := []message{{}}
	for part := range slices.Chunk(slices.Collect(maps.Keys(games)), partSize) {
		m := &messages[len(messages)-1]
		if m.Games != nil {
			messages = append(messages, message{})
			m = &messages[len(messages)-1]
		}
		m.Games = make(map[string]attendance, len(part))
		for _, id := range part {
			m.Games[id] = attendance(games[id])
		}
	}
	if all {
		for i := range messages {
			messages[i].Part = i + 1
		}
		messages[len(messages)-1].Last = true
	}
	return messages
}

func (s *voice) publish(ctx context.Context, m message) error {
	s.seq++
	m.From, m.Seq = s.Incarnation, s.seq
	ctx, cancel := context.WithTimeout(ctx, sayFor)
	defer cancel()
	publish := s.client.B().Publish().Channel(s.client.channel()).Message(m.encode()).Build()
	return Failed("publish", s.client.Do(ctx, publish).Error())
}
