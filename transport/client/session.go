package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Handler is called with every message of a session, in order, by one goroutine. It must not block for long and must
// not call Do or Close, which wait for that goroutine; Send is fine. Message.Raw is the session's own.
type Handler func(Message)

// Join is where and how a session starts. The zero value starts with the state of now.
type Join struct {
	From    *uint64 // everything up to this version is known; nil = nothing is, begin with the state
	Delay   int64   // watching: lag by that many ms, if that is more than the game's own delay
	Speed   string  // watching: replay from From at that pace, "1".."64" or "max"
	Handler Handler // may be nil
}

// From makes a Join.From.
func From(version uint64) *uint64 { return &version }

// Session is one socket that heals itself. All methods are safe for concurrent use.
type Session struct {
	client  *Client
	path    string
	query   url.Values
	boards  bool
	handler Handler

	ctx    context.Context // ends with the session
	cancel context.CancelFunc
	done   chan struct{}
	err    error // why it ended; read after done

	mu      sync.Mutex
	token   Person
	conn    *websocket.Conn
	live    bool
	ended   bool // nothing can be sent any more
	resume  bool // last is known: come back with from=last
	unheard map[string]*unanswered
	sent    uint64 // counts commands, for the order of resends

	last       atomic.Uint64
	heard      atomic.Int64 // Unix ns of the last sign of life
	holes      atomic.Uint64
	reconnects atomic.Uint64
}

// open starts a session: it returns when the first socket is open, with a refusal, or when ctx ends.
func (c *Client) open(ctx context.Context, path string, join Join, query url.Values, boards bool) (*Session, error) {
	s := &Session{
		client: c, path: path, query: query, boards: boards, handler: join.Handler, token: c.person,
		done: make(chan struct{}), unheard: make(map[string]*unanswered),
	}
	if s.handler == nil {
		s.handler = func(Message) {}
	}
	if join.From != nil {
		s.resume = true
		s.last.Store(*join.From)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	wait := newBackoff(c.options)
	for {
		conn, err := s.dial(ctx)
		if err == nil {
			go s.run(conn, wait)
			return s, nil
		}
		var stopped *Stopped
		if errors.As(err, &stopped) || pause(ctx, wait.next()) != nil {
			s.cancel()
			return nil, err
		}
	}
}

// OpenPlay opens a session for this person's seat. See Play for one that keeps the state.
func (c *Client) OpenPlay(ctx context.Context, game string, join Join) (*Session, error) {
	return c.open(ctx, "/play/"+game, join, url.Values{}, false)
}

// OpenWatch opens a session that watches a game.
func (c *Client) OpenWatch(ctx context.Context, game string, join Join) (*Session, error) {
	q := url.Values{}
	if join.Delay > 0 {
		q.Set("delay", strconv.FormatInt(join.Delay, 10))
	}
	if join.Speed != "" {
		q.Set("speed", join.Speed)
	}
	return c.open(ctx, "/watch/"+game, join, q, false)
}

// OpenBoards opens a session that watches up to 16 games at once; Message.Game tells which one a message is of. Every
// reconnect starts with the states.
func (c *Client) OpenBoards(ctx context.Context, games []string, handler Handler) (*Session, error) {
	return c.open(ctx, "/watch", Join{Handler: handler}, url.Values{"games": {strings.Join(games, ",")}}, true)
}

// dial makes one attempt. A *Stopped is final, any other error is worth another try.
func (s *Session) dial(ctx context.Context) (*websocket.Conn, error) {
	s.mu.Lock()
	query := make(url.Values, len(s.query)+1)
	for k, v := range s.query {
		query[k] = v
	}
	if s.resume && !s.boards {
		query.Set("from", strconv.FormatUint(s.last.Load(), 10))
	}
	header := http.Header{}
	s.client.As(s.token).authorize(header)
	s.mu.Unlock()

	conn, answer, err := websocket.Dial(ctx, s.client.socketURL(s.path, query), &websocket.DialOptions{
		HTTPClient:   s.client.options.HTTP,
		HTTPHeader:   header,
		Subprotocols: []string{"ply.v1"},
		OnPingReceived: func(context.Context, []byte) bool {
			s.heard.Store(time.Now().UnixNano())
			return true
		},
	})
	if err == nil {
		conn.SetReadLimit(maxMessage)
		return conn, nil
	}
	if answer != nil && answer.StatusCode != http.StatusSwitchingProtocols {
		var body []byte
		if answer.Body != nil {
			body = make([]byte, 1024) // as much as the library keeps
			n, _ := answer.Body.Read(body)
			body = body[:n]
		}
		refusal := refusalOf(answer.StatusCode, body)
		if !refusal.again() {
			return nil, &Stopped{Reason: "handshake refused", Err: refusal}
		}
		return nil, refusal
	}
	return nil, fmt.Errorf("connect: %w", err)
}

// run reads socket after socket until one ends for good.
func (s *Session) run(conn *websocket.Conn, wait *backoff) {
	defer close(s.done)
	defer s.cancel()
	for {
		began := time.Now()
		err := s.serve(conn)
		what, code, reason := advise(err)
		if s.ctx.Err() != nil {
			s.finish(&Stopped{Reason: "closed by the client"})
			return
		}
		if what.stop {
			s.finish(&Stopped{Code: code, Reason: reason})
			return
		}
		if time.Since(began) >= 10*time.Second {
			wait.reset()
		}
		s.client.options.Log.Info("socket ended, coming back", "path", s.path, "code", code, "last", s.last.Load())
		if err := s.prepare(what); err != nil {
			s.finish(&Stopped{Code: code, Reason: reason, Err: err})
			return
		}
		if conn, err = s.redial(what.wait, wait); err != nil {
			s.finish(err)
			return
		}
		s.reconnects.Add(1)
	}
}

// prepare does what a close code asks for before the next attempt.
func (s *Session) prepare(what advice) error {
	if what.forget {
		s.mu.Lock()
		s.resume = false
		s.last.Store(0)
		s.mu.Unlock()
	}
	if !what.renew {
		return nil
	}
	if s.client.options.Renew == nil {
		return errors.New("token expired")
	}
	token, err := s.client.options.Renew(s.ctx)
	if err != nil {
		return fmt.Errorf("fetch a new token: %w", err)
	}
	s.mu.Lock()
	s.token.Token = token
	s.mu.Unlock()
	return nil
}

// redial tries until there is a socket, a final refusal, or the session ends.
func (s *Session) redial(first time.Duration, wait *backoff) (*websocket.Conn, error) {
	if first < 0 {
		first = wait.next()
	}
	for {
		if pause(s.ctx, first) != nil {
			return nil, &Stopped{Reason: "closed by the client"}
		}
		conn, err := s.dial(s.ctx)
		if err == nil {
			return conn, nil
		}
		var stopped *Stopped
		if errors.As(err, &stopped) {
			return nil, err
		}
		first = wait.next()
	}
}

// Last is the version that the session has applied.
func (s *Session) Last() uint64 { return s.last.Load() }

// Holes counts versions that were missing when a later one came. The protocol rules it out.
func (s *Session) Holes() uint64 { return s.holes.Load() }

// Reconnects counts how often the session came back.
func (s *Session) Reconnects() uint64 { return s.reconnects.Load() }

// Done is closed when the session has ended for good.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err tells why the session has ended: a *Stopped. Only after Done.
func (s *Session) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Drop cuts the socket as if the network had failed; the session comes back by itself. For tests and load.
func (s *Session) Drop() {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn != nil {
		_ = conn.CloseNow() // it may be closed already
	}
}

// Close ends the session and waits for its goroutine. Unanswered commands get a *Stopped.
func (s *Session) Close() {
	s.cancel() // before the look at conn: serve looks the other way round
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn != nil {
		_ = conn.Close(websocket.StatusNormalClosure, "") // it may be closed already
	}
	<-s.done
}
