package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// healthTime is how long a server may take to say that it is ready. It does no work for that.
const healthTime = 2 * time.Second

type healthCommand struct {
	Addr string `env:"PLY_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where the server listens, as it was told. Not used with a URL."`
	URL  string `arg:"" optional:"" name:"url" help:"Base address of a server elsewhere, such as http://ws1:8080."`
}

// Run asks a server whether it is ready; anything else is a failure. For containers, which have no other program inside.
func (c *healthCommand) Run(s streams) error {
	base := strings.TrimSuffix(c.URL, "/")
	if base == "" {
		host, err := localAddr(c.Addr)
		if err != nil {
			return errUsage{fmt.Errorf("--addr (PLY_ADDR): %q is no address; give HOST:PORT", c.Addr)}
		}
		base = "http://" + host
	}
	ctx, cancel := context.WithTimeout(context.Background(), healthTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/ready", nil)
	if err != nil {
		return errUsage{fmt.Errorf("%q is no address of a server; give one such as http://127.0.0.1:8080: %w", c.URL, err)}
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true}, // no proxy: this is about that server and nobody between
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer answer.Body.Close()
	var said struct{ Status string }
	_ = json.NewDecoder(io.LimitReader(answer.Body, 4096)).Decode(&said) // what it says is for people; the number counts
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the server at %s is not ready: %s %s", base, answer.Status, said.Status)
	}
	_, err = fmt.Fprintf(s.out, "%s is ready\n", base)
	return err
}

// localAddr is where a server that listens at an address is reached from its own machine.
func localAddr(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port), nil
}
