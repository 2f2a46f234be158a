package bus

import (
	"errors"
	"net"
	"sync"
	"time"
)

// errCut is what a line's users get after it was cut.
var errCut = errors.New("the line to Kafka was cut")

// line is the network of one Kafka client. sarama's calls know no context and may wait for minutes; cutting the line
// makes all of them fail at once. Safe for concurrent use.
type line struct {
	dialer net.Dialer

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	gone  bool
}

func newLine() *line {
	return &line{dialer: net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}, conns: make(map[net.Conn]struct{})}
}

// Dial connects, for sarama.
func (l *line) Dial(network, address string) (net.Conn, error) {
	if l.isCut() {
		return nil, errCut
	}
	conn, err := l.dialer.Dial(network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		_ = conn.Close()
		return nil, errCut
	}
	l.conns[conn] = struct{}{}
	return &lineConn{conn, l}, nil
}

// cut closes all connections and lets no new ones be made.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
	for conn := range l.conns {
		_ = conn.Close()
	}
	clear(l.conns)
}

func (l *line) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

// backoff is how long sarama waits between two attempts: not at all once the line is cut.
func (l *line) backoff(wait time.Duration) time.Duration {
	if l.isCut() {
		return 0
	}
	return wait
}

// lineConn forgets itself when it is closed.
type lineConn struct {
	net.Conn
	line *line
}

// Close implements net.Conn.
func (c *lineConn) Close() error {
	c.line.mu.Lock()
	delete(c.line.conns, c.Conn)
	c.line.mu.Unlock()
	return c.Conn.Close()
}
