package haproxy

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// What a server may be in.
const (
	Up       = "UP"
	Down     = "DOWN"
	Draining = "NOLB" // it answers 404: nobody new is sent there, and nobody is cut
)

// Server is how a server stands with the proxy.
type Server struct {
	Backend, Name string // such as play, ws1
	Addr          string
	Status        string // one of the above, or another word of HAProxy's; a server on its way between two has the earlier
	Check         string // how the last health check ended, such as L7OK; empty before the first one has
	Sessions      int    // open now, sockets included
	Total         int    // since the proxy started
}

// Ask sends one command to the admin socket and gives the answer.
func (p *Proxy) Ask(command string) (string, error) {
	conn, err := p.dial()
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

// Servers are all servers in the order of the configuration.
func (p *Proxy) Servers() ([]Server, error) {
	text, err := p.Ask("show stat -1 4 -1") // all proxies, servers only
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "# "))).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("the proxy's statistics make no sense: %w", err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var servers []Server
	for _, row := range rows[1:] {
		field := func(name string) string {
			if i, ok := column[name]; ok && i < len(row) {
				return row[i]
			}
			return ""
		}
		s := Server{Backend: field("pxname"), Name: field("svname"), Addr: field("addr")}
		s.Status, _, _ = strings.Cut(field("status"), " ")
		if check := field("check_status"); check != "INI" {
			s.Check = strings.TrimPrefix(check, "* ") // a new one is under way
		}
		for name, number := range map[string]*int{"scur": &s.Sessions, "stot": &s.Total} {
			if *number, err = strconv.Atoi(field(name)); err != nil {
				return nil, fmt.Errorf("the proxy's statistics of %s/%s: %s: %w", s.Backend, s.Name, name, err)
			}
		}
		servers = append(servers, s)
	}
	return servers, nil
}

// Server is one of them by backend and name.
func (p *Proxy) Server(backend, name string) (Server, error) {
	servers, err := p.Servers()
	if err != nil {
		return Server{}, err
	}
	for _, s := range servers {
		if s.Backend == backend && s.Name == name {
			return s, nil
		}
	}
	return Server{}, fmt.Errorf("the proxy has no server %s/%s", backend, name)
}
