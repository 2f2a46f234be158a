package socket

import (
	"context"
	"errors"
	"net/http"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/auth"
	"github.com/plygames/ply/transport/fanout"
	"github.com/plygames/ply/transport/wire"
)

// playKeep is how many lines a seat's log keeps. Two players share nothing, and every line has some 400 bytes: all that a
// player may ask for would make a game of 100 plies weigh 80 KB. Who comes back after more than this reads the history.
const playKeep = 32

// ServePlay is GET /play/{game}: for those who have a seat.
func (s *Server) ServePlay(w http.ResponseWriter, r *http.Request) {
	who, ok := s.admit(w, r, true)
	if !ok {
		return
	}
	id := r.PathValue("game")
	seat, err := s.seatFor(r.Context(), id, who)
	if err != nil {
		s.refuse(w, err)
		return
	}
	q, ok := parseQuery(r.URL.RawQuery)
	if !ok {
		s.open(w, r, s.newSock(kindPlay, nil), who, &closeBadQuery)
		return
	}
	log, err := s.hub.Open(r.Context(), s.play, id, game.AudienceOf(seat))
	if err != nil {
		s.refuse(w, err)
		return
	}
	k := s.newSock(kindPlay, []board{{log: log, start: fanout.Start{Resume: q.resume, From: q.from}}})
	k.seat = seat
	s.open(w, r, k, who, nil)
}

// seatFor finds the seat a person has in a game. One that is reserved for them they take by coming.
func (s *Server) seatFor(ctx context.Context, id string, who auth.Person) (game.Seat, error) {
	state, err := s.state(ctx, id, s.Games.State)
	if err != nil {
		return "", err
	}
	if !who.Can(auth.ScopePlay) {
		return "", &domain.Error{Kind: domain.Forbidden, Message: "scope"}
	}
	if seat, ok := state.SeatOf(who.ID); ok {
		return seat, nil
	}
	if reserved, ok := state.ReservedFor(who.ID); ok {
		sit := game.Command{Player: who.ID, Guest: who.Guest, Wish: game.Sit{Seat: string(reserved)}}
		_, err := s.Games.Do(ctx, id, sit, game.Arrival{Live: s.Clock.Now()})
		if err != nil && !errors.Is(err, &domain.Error{Kind: domain.AlreadyJoined}) {
			return "", err
		}
		return reserved, nil
	}
	return "", domain.Refuse(domain.NotAPlayer, "you have no seat in this game")
}

// state is a game that exists, as find gives it.
func (s *Server) state(ctx context.Context, id string, find func(context.Context, string) (*game.State, error)) (*game.State, error) {
	if !goodGame(id) {
		return nil, domain.Refuse(domain.NotFound, "no such game")
	}
	state, err := find(ctx, id)
	if err == nil && state.Version == 0 {
		err = domain.Refuse(domain.NotFound, "no such game")
	}
	return state, err
}

// goodGame tells whether a text can be a game's id.
func goodGame(id string) bool {
	if len(id) != 12 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// handle answers one message. Called by the reader, which takes the next one only after this.
func (k *sock) handle(msg []byte, arrived int64) {
	if k.kind != kindLobby && (len(k.boards) == 0 || k.boards[0].cursor == nil) {
		return // is being sent away
	}
	var rules game.Rules
	if k.kind == kindPlay {
		if state := k.boards[0].log.State(); state != nil {
			rules = state.Rules
		}
	}
	m, refusal, id := wire.Decode(msg, rules)
	switch {
	case refusal != nil && refusal.Kind == domain.BadMessage:
		third := k.limits.badMessage()
		k.refuse(id, refusal)
		if third {
			k.drop(closeBadMessage)
		}
	case refusal == nil && m.Ping:
		if after, ok := k.limits.ping(); !ok {
			k.flooded(after)
			return
		}
		k.pong(m.TS)
	default:
		k.command(m, id, refusal, arrived)
	}
}

// command counts a command against the limits, and carries it out if it is one that can be.
func (k *sock) command(m wire.Message, id string, refusal *domain.Error, arrived int64) {
	after, ok := k.allow()
	if !ok {
		k.pipe.count(refusalCost)
	}
	switch {
	case !ok && k.limits.refused():
		k.refuse(id, rateLimited(after))
		k.drop(closeTooMany)
	case !ok:
		k.refuse(id, rateLimited(after))
	case refusal != nil:
		k.refuse(id, refusal)
	case k.kind != kindPlay:
		k.refuse(id, domain.Refuse(domain.NotAPlayer, "who watches has no seat in the game"))
	default:
		k.play(m, arrived)
	}
}

// allow counts a command: of a player with those over HTTP, of a watcher for this socket alone.
func (k *sock) allow() (after int64, ok bool) {
	if k.kind == kindPlay {
		return k.server.Commands.Allow(k.player, k.boards[0].log.Game())
	}
	return k.limits.ping()
}

// play carries out a command and answers it: its events and ok in one message.
func (k *sock) play(m wire.Message, arrived int64) {
	b := &k.boards[0]
	b.cursor.Hold(k.player, m.ID)
	c := game.Command{ID: m.ID, Player: k.player, Guest: k.guest, Basis: m.Basis, Wish: m.Wish}
	receipt, err := k.server.Games.Do(context.Background(), b.log.Game(), c,
		game.Arrival{Live: arrived, Lag: k.pinging.lag.Load()})
	if err != nil {
		k.refuse(m.ID, k.refusal(err))
		return
	}
	if !b.cursor.Answer(wire.OK(m.ID, receipt), receipt.Version) {
		// It is done, but this server has not learned of the events that ok must stand behind.
		k.refuse(m.ID, domain.Refuse(domain.Unknown, "it may have been done; send the same command again"))
	}
}

// refusal is what a client is told of an error.
func (k *sock) refusal(err error) *domain.Error {
	var refusal *domain.Error
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.Is(err, context.DeadlineExceeded):
		return &domain.Error{Kind: domain.Unknown, Message: "no answer in time; send the same command again", Err: err}
	default:
		k.server.Log.Error("command failed", "game", k.boards[0].log.Game(), "error", err)
		return &domain.Error{Kind: domain.Internal, Message: "internal error; send the same command again", Err: err}
	}
}

// refuse answers with an error, which says where the game is.
func (k *sock) refuse(id string, refusal *domain.Error) {
	if len(k.boards) == 1 && refusal.Version == 0 {
		told := *refusal
		told.Version = k.boards[0].log.Version()
		refusal = &told
	}
	k.server.Observer.Told(string(refusal.Kind))
	k.say(wire.Error(id, refusal))
}

// pong answers a ping. A socket of several boards is told no version.
func (k *sock) pong(echo int64) {
	var version uint64
	if len(k.boards) == 1 {
		version = k.boards[0].log.Version()
	}
	k.say(wire.Pong(k.server.Wall(), echo, version))
}

// say tells this socket alone, behind everything that it has got. On a socket of several boards every line names a game.
func (k *sock) say(line []byte) {
	if k.viewer != nil && !k.Full() { // who does not read what comes anyway waits for no answer
		k.Send(line)
	}
	if len(k.boards) == 0 || k.boards[0].cursor == nil {
		return
	}
	if len(k.boards) > 1 {
		line = wire.WithGame(line, k.boards[0].log.Game())
	}
	k.boards[0].cursor.Answer(line, 0)
}
