package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options change how a Client behaves. The zero value is what protocol.md section 11 asks for.
type Options struct {
	// HTTP makes all requests and handshakes; nil = http.DefaultClient.
	HTTP *http.Client
	// ResendAfter is how long a command may stay unanswered before it is sent again; 0 = 2.5 s.
	ResendAfter time.Duration
	// FirstReconnect is the longest wait before the first reconnect (a random part of it is waited); 0 = 1 s.
	FirstReconnect time.Duration
	// MaxReconnect is the longest wait between two attempts to connect; 0 = 10 s.
	MaxReconnect time.Duration
	// Silence is how long a socket may bring nothing at all, not even a ping, before it is taken for dead; 0 = 60 s
	// (the server pings players every 5 s and watchers every 25 s).
	Silence time.Duration
	// Renew fetches a new token when the server says that the old one has expired; nil = such a socket stops.
	Renew func(ctx context.Context) (token string, err error)
	// Log hears of reconnects; nil = silence.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.HTTP == nil {
		o.HTTP = http.DefaultClient
	}
	if o.ResendAfter == 0 {
		o.ResendAfter = 2500 * time.Millisecond
	}
	if o.FirstReconnect == 0 {
		o.FirstReconnect = time.Second
	}
	if o.MaxReconnect == 0 {
		o.MaxReconnect = 10 * time.Second
	}
	if o.Silence == 0 {
		o.Silence = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Client talks to one server as one person, or as nobody. It is immutable and safe for concurrent use.
type Client struct {
	base    string
	options Options
	person  Person
}

// Person is somebody whom the server knows.
type Person struct {
	ID      string `json:"player"`
	Name    string `json:"name"`
	Token   string `json:"token"`
	Expires int64  `json:"expires"` // Unix ms
}

// New makes a client for the server at a base URL such as "http://127.0.0.1:8080". It speaks for nobody, which is
// enough to watch.
func New(base string, options Options) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), options: options.withDefaults()}
}

// As gives a client that speaks for the holder of a token.
func (c *Client) As(p Person) *Client { return &Client{base: c.base, options: c.options, person: p} }

// Person is who this client speaks for.
func (c *Client) Person() Person { return c.person }

// Guest makes a person without sign-up and gives a client that speaks for them.
func (c *Client) Guest(ctx context.Context, name string) (*Client, error) {
	var p Person
	if err := c.post(ctx, "/api/guests", map[string]string{"name": name}, &p); err != nil {
		return nil, err
	}
	return c.As(p), nil
}

// post sends one JSON object and reads one. Only for requests that are harmless twice: see persist.
func (c *Client) post(ctx context.Context, path string, body, into any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	return c.exchange(ctx, http.MethodPost, path, sent, into)
}

// exchange makes one request and reads one JSON answer.
func (c *Client) exchange(ctx context.Context, method, path string, body []byte, into any) error {
	text, err := c.text(ctx, method, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s %s: answer is not as announced: %w", method, path, err)
	}
	return nil
}

// text makes one request and reads the whole answer.
func (c *Client) text(ctx context.Context, method, path string, body []byte) (text []byte, err error) {
	err = c.persist(ctx, func() error {
		answer, err := c.request(ctx, method, path, body)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		if text, err = io.ReadAll(answer.Body); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		return nil
	})
	return text, err
}

// persist makes an attempt again and again, after answers that allow it and after broken connections, until it
// succeeds or ctx ends. A refusal is an *Error.
func (c *Client) persist(ctx context.Context, attempt func() error) error {
	wait := newBackoff(c.options)
	for {
		err := attempt()
		var refusal *Error
		switch {
		case err == nil:
			return nil
		case errors.As(err, &refusal) && !refusal.again():
			return err
		case refusal != nil:
			if pause(ctx, refusal.pause()) != nil {
				return err
			}
		default: // no answer at all
			if pause(ctx, wait.next()) != nil {
				return err
			}
		}
	}
}

// request makes one request; an answer that is not 2xx becomes an *Error.
func (c *Client) request(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	c.authorize(r.Header)
	answer, err := c.options.HTTP.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if answer.StatusCode/100 == 2 {
		return answer, nil
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 8<<10)) // what could be read is as good an explanation as any
	return nil, refusalOf(answer.StatusCode, text)
}

func (c *Client) authorize(h http.Header) {
	if c.person.Token != "" {
		h.Set("Authorization", "Bearer "+c.person.Token)
	}
}

// socketURL is where a socket of this server lives.
func (c *Client) socketURL(path string, query url.Values) string {
	u := "ws" + strings.TrimPrefix(c.base, "http") + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// pause waits, or returns ctx's error if that ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
