package network

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Place is where a process runs: the zero Place is here.
type Place struct {
	Exec []string // goes before its command
	Host string   // its address; empty = 127.0.0.1
}

// Command puts a command there.
func (p Place) Command(args ...string) []string {
	return append(append([]string(nil), p.Exec...), args...)
}

// Addr is its address, never empty.
func (p Place) Addr() string {
	if p.Host == "" {
		return "127.0.0.1"
	}
	return p.Host
}

// Here is the name of the end of the network that this process and the public are at.
const Here = "here"

// Net is a router with a machine on each of its lines. Its methods are for one goroutine at a time.
type Net struct {
	tag     string // in all names, so that two nets on one machine do not meet
	subnet  string // "198.18.7": the range that RFC 2544 keeps for tests of networks
	leaves  []*leaf
	rules   []rule
	slowed  map[string]bool
	removed bool
}

// leaf is one machine.
type leaf struct {
	name, ns, addr string // ns is empty for Here
	near, far      string // interfaces: near lies in the machine, far in the router
}

// most is how many machines a net can have: each line has four addresses of the subnet's 256.
const most = 60

// New makes a router and connects Here to it.
func New() (*Net, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("network namespaces take root")
	}
	var random [3]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, err
	}
	n := &Net{tag: fmt.Sprintf("p%x", random), slowed: map[string]bool{}}
	for i := range 512 { // a subnet that nobody here has
		at := (int(random[0])<<8 + int(random[1]) + i) % 512
		subnet := fmt.Sprintf("198.%d.%d", 18+at/256, at%256)
		if route, err := run("", "ip", "-4", "route", "show", "root", subnet+".0/24"); err == nil && route == "" {
			n.subnet = subnet
			break
		}
	}
	if n.subnet == "" {
		return nil, errors.New("no subnet of 198.18.0.0/15 is free")
	}
	if err := n.build(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Net) build() error {
	for _, args := range [][]string{
		{"ip", "netns", "add", n.router()},
		{"ip", "-n", n.router(), "link", "set", "lo", "up"},
		{"ip", "netns", "exec", n.router(), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"},
	} {
		if _, err := run("", args...); err != nil {
			return err
		}
	}
	if err := n.apply(); err != nil { // the table, which Dropped reads
		return err
	}
	_, err := n.Add(Here)
	return err
}

// Add connects a machine. Its processes run where the Place says, and reach all others and are reached by them.
func (n *Net) Add(name string) (Place, error) {
	i := len(n.leaves)
	if i == most {
		return Place{}, fmt.Errorf("a net has at most %d machines", most)
	}
	l := &leaf{
		name: name, addr: fmt.Sprintf("%s.%d", n.subnet, 4*i+2),
		near: fmt.Sprintf("%sn%d", n.tag, i), far: fmt.Sprintf("%sf%d", n.tag, i),
	}
	in := []string{"ip"}
	n.leaves = append(n.leaves, l)
	var steps [][]string
	if name != Here {
		l.ns = fmt.Sprintf("%s-%s", n.tag, name)
		in = []string{"ip", "-n", l.ns}
		steps = append(steps, []string{"ip", "netns", "add", l.ns}, []string{"ip", "-n", l.ns, "link", "set", "lo", "up"})
	}
	gateway, to := fmt.Sprintf("%s.%d", n.subnet, 4*i+1), n.subnet+".0/24"
	steps = append(steps,
		append(in[:len(in):len(in)], "link", "add", l.near, "type", "veth", "peer", "name", l.far, "netns", n.router()),
		[]string{"ip", "-n", n.router(), "addr", "add", gateway + "/30", "dev", l.far},
		[]string{"ip", "-n", n.router(), "link", "set", l.far, "up"},
		append(in[:len(in):len(in)], "addr", "add", l.addr+"/30", "dev", l.near),
		append(in[:len(in):len(in)], "link", "set", l.near, "up"),
		append(in[:len(in):len(in)], "route", "add", to, "via", gateway),
	)
	for _, args := range steps {
		if _, err := run("", args...); err != nil {
			return Place{}, err
		}
	}
	if l.ns == "" {
		return Place{Host: l.addr}, nil
	}
	return Place{Exec: []string{"ip", "netns", "exec", l.ns}, Host: l.addr}, nil
}

// Close removes everything. Processes in the namespaces must have ended. Calling it again does nothing.
func (n *Net) Close() error {
	if n.removed {
		return nil
	}
	n.removed = true
	var errs []error
	for _, l := range n.leaves {
		if l.ns != "" {
			_, err := run("", "ip", "netns", "del", l.ns)
			errs = append(errs, err)
			continue
		}
		// The kernel takes a while to end the router's namespace, and both ends of its lines with it: this one is ours.
		_, _ = run("", "ip", "link", "del", l.near)
	}
	_, err := run("", "ip", "netns", "del", n.router())
	return errors.Join(append(errs, err)...)
}

// Names are the machines, Here first.
func (n *Net) Names() (names []string) {
	for _, l := range n.leaves {
		names = append(names, l.name)
	}
	return names
}

func (n *Net) router() string { return n.tag + "-router" }

func (n *Net) leaf(name string) (*leaf, error) {
	for _, l := range n.leaves {
		if l.name == name {
			return l, nil
		}
	}
	return nil, fmt.Errorf("the net has no machine %q", name)
}

// run runs a command that has this on its input, and gives what it printed.
func run(input string, args ...string) (string, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}
