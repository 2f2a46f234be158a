package network

import (
	"fmt"
	"strings"
)

// rule drops what goes one way between two machines.
type rule struct {
	from, to string // addresses; empty = whichever
	percent  int    // of the packets, at random; 100 = all
}

// Cut lets nothing through from one machine to another; the other way stays open. Connections stand still, as they do when
// a cable is pulled: nobody is told.
func (n *Net) Cut(from, to string) error { return n.Lose(from, to, 100) }

// CutBoth lets nothing through between two machines.
func (n *Net) CutBoth(a, b string) error {
	if err := n.Cut(a, b); err != nil {
		return err
	}
	return n.Cut(b, a)
}

// Lose drops that many percent of the packets from one machine to another.
func (n *Net) Lose(from, to string, percent int) error {
	a, err := n.leaf(from)
	if err != nil {
		return err
	}
	b, err := n.leaf(to)
	if err != nil {
		return err
	}
	n.rules = append(n.rules, rule{a.addr, b.addr, percent})
	return n.apply()
}

// Isolate cuts a machine off from all others.
func (n *Net) Isolate(name string) error {
	l, err := n.leaf(name)
	if err != nil {
		return err
	}
	n.rules = append(n.rules, rule{from: l.addr, percent: 100}, rule{to: l.addr, percent: 100})
	return n.apply()
}

// Slow bounds what goes to a machine and what comes from it to that many kbit/s each. What waits for longer than 800 ms is
// dropped.
func (n *Net) Slow(name string, kbit int) error {
	l, err := n.leaf(name)
	if err != nil {
		return err
	}
	n.slowed[name] = true
	shape := []string{"root", "tbf", "rate", fmt.Sprintf("%dkbit", kbit), "burst", "4kb", "latency", "800ms"}
	_, err = run("", append([]string{"tc", "-n", n.router(), "qdisc", "replace", "dev", l.far}, shape...)...)
	if err != nil {
		return err
	}
	_, err = run("", append(n.tc(l, "replace"), shape...)...)
	return err
}

// Heal ends all cuts, losses and slow lines.
func (n *Net) Heal() error {
	n.rules = nil
	if err := n.apply(); err != nil {
		return err
	}
	for name := range n.slowed {
		l, err := n.leaf(name)
		if err != nil {
			return err
		}
		if _, err := run("", "tc", "-n", n.router(), "qdisc", "del", "dev", l.far, "root"); err != nil {
			return err
		}
		if _, err := run("", append(n.tc(l, "del"), "root")...); err != nil {
			return err
		}
		delete(n.slowed, name)
	}
	return nil
}

// Dropped is how many packets the present rules have dropped: proof that a fault met somebody.
func (n *Net) Dropped() (packets int, err error) {
	out, err := run("", "ip", "netns", "exec", n.router(), "nft", "list", "table", "ip", "faults")
	if err != nil {
		return 0, err
	}
	for _, field := range strings.Split(out, "counter packets ")[1:] {
		var p int
		if _, err := fmt.Sscan(field, &p); err != nil {
			return 0, err
		}
		packets += p
	}
	return packets, nil
}

func (n *Net) tc(l *leaf, verb string) []string {
	if l.ns == "" {
		return []string{"tc", "qdisc", verb, "dev", l.near}
	}
	return []string{"tc", "-n", l.ns, "qdisc", verb, "dev", l.near}
}

// apply replaces all rules at once. They are the router's, between its lines: a sender is not told, as it would be if its
// own packets were dropped before they left.
func (n *Net) apply() error {
	var b strings.Builder
	b.WriteString("table ip faults\ndelete table ip faults\ntable ip faults {\n chain forward {\n  type filter hook forward priority 0;\n")
	for _, r := range n.rules {
		b.WriteString("  ")
		if r.from != "" {
			b.WriteString("ip saddr " + r.from + " ")
		}
		if r.to != "" {
			b.WriteString("ip daddr " + r.to + " ")
		}
		if r.percent < 100 {
			fmt.Fprintf(&b, "numgen random mod 100 < %d ", r.percent)
		}
		b.WriteString("counter drop\n")
	}
	b.WriteString(" }\n}\n")
	_, err := run(b.String(), "ip", "netns", "exec", n.router(), "nft", "-f", "-")
	return err
}
