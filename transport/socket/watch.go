package socket

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/transport/fanout"
)

// mostBoards is how many games one socket may show.
const mostBoards = 16

// replayKeep holds every line that a game can have: a replay of moves that were made at once comes at once.
const replayKeep = 20_000

// ServeWatch is GET /watch/{game}: for everybody who may watch. Who has a seat sees what watchers see here.
func (s *Server) ServeWatch(w http.ResponseWriter, r *http.Request) {
	who, ok := s.admit(w, r, false)
	if !ok {
		return
	}
	q, ok := parseQuery(r.URL.RawQuery)
	state, err := s.watchable(r, r.PathValue("game"), q.from)
	if err != nil {
		s.refuse(w, err)
		return
	}
	if !ok {
		s.open(w, r, s.newSock(kindWatch, nil), who, &closeBadQuery)
		return
	}
	log, start, err := s.show(r.Context(), state, q)
	if errors.Is(err, fanout.ErrAhead) { // a feed of the past can't tell
		s.open(w, r, s.newSock(kindWatch, nil), who, &closeResync)
		return
	}
	if err != nil {
		s.refuse(w, err)
		return
	}
	k := s.newSock(kindWatch, []board{{log: log, start: start}})
	k.history = state.Status == game.Over
	s.open(w, r, k, who, nil)
}

// ServeBoards is GET /watch?games=a,b,c: several games on one socket, every line names its own.
func (s *Server) ServeBoards(w http.ResponseWriter, r *http.Request) {
	who, ok := s.admit(w, r, false)
	if !ok {
		return
	}
	values := r.URL.Query()
	ids := strings.Split(values.Get("games"), ",")
	garbage := len(values["games"]) != 1 || values.Has("from") || values.Has("speed") || values.Has("delay")
	if garbage || len(ids) > mostBoards || ids[0] == "" {
		s.open(w, r, s.newSock(kindWatch, nil), who, &closeBadQuery)
		return
	}
	k := s.newSock(kindWatch, nil)
	known := make(map[string]bool, len(ids))
	for _, id := range ids {
		if known[id] {
			continue
		}
		known[id] = true
		state, err := s.watchable(r, id, 0)
		if err == nil {
			src, _ := s.source(state, 0)
			src.Board, src.Key = true, "board-"+src.Key
			var log *fanout.Log
			if log, err = s.hub.Open(r.Context(), src, id, game.Watchers); err == nil {
				k.boards = append(k.boards, board{log: log})
			}
		}
		if err != nil {
			k.release()
			s.refuse(w, err)
			return
		}
	}
	s.open(w, r, k, who, nil)
}

// watchable is a game that may be watched, by somebody who has seen it up to a version.
func (s *Server) watchable(r *http.Request, id string, seen uint64) (*game.State, error) {
	state, err := s.state(r.Context(), id, s.Watched.State)
	if err == nil && state.Version < seen {
		state, err = s.state(r.Context(), id, s.Watched.Refresh)
	}
	if err == nil && state.Setup.Watch == game.WatchOff {
		err = domain.Refuse(domain.NotFound, "no such game")
	}
	return state, err
}

// show opens the log that a watcher asks for.
func (s *Server) show(ctx context.Context, state *game.State, q query) (*fanout.Log, fanout.Start, error) {
	start := fanout.Start{Resume: q.resume, From: q.from, All: q.max}
	src, delay := s.source(state, q.delay)
	log, err := s.hub.Open(ctx, src, state.ID, game.Watchers)
	if err != nil || q.speed == 0 || !q.resume {
		return log, start, err
	}
	defer log.Release()
	if start.Target = log.Version(); q.from > start.Target {
		return nil, start, fanout.ErrAhead
	}
	s.mu.Lock()
	s.replays++
	key := "replay-" + strconv.FormatUint(s.replays, 10)
	s.mu.Unlock()
	replay, err := s.hub.Open(ctx, fanout.Source{
		Key: key, Feed: s.Paced.Replay(q.from, q.speed, delay), Delayed: true, Keep: replayKeep,
	}, state.ID, game.Watchers)
	return replay, start, err
}

// source chooses the feed of a watcher: nobody sees more than the game's delay allows.
func (s *Server) source(state *game.State, asked int64) (fanout.Source, time.Duration) {
	delay := max(state.Setup.Delay, asked)
	if delay == 0 {
		return s.watch, 0
	}
	by := ms(delay)
	return fanout.Source{
		Key:     "delay-" + strconv.FormatInt(delay, 10),
		Feed:    s.Paced.Delayed(by),
		Elapsed: func(o game.Origin) int64 { return max(0, s.Wall()-delay-o.At) },
		Delayed: true,
	}, by
}
