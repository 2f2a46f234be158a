package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// Config checks all settings. The error joins one line for every mistake, each naming the flag, its environment
// variable, the value, and what to give instead.
func (f Flags) Config() (Config, error) {
	var p parser
	c := Config{
		Addr:           p.address("Addr", f.Addr),
		AdminAddr:      p.optionalAddress("AdminAddr", f.AdminAddr),
		Origins:        p.origins("Origins", f.Origins),
		TrustedProxies: p.prefixes("Trusted", f.Trusted),
		RateLimits:     p.onOff("Limits", f.Limits),
		Data:           p.folder("Data", f.Data),
		Roles:          p.roles("Roles", f.Roles),
		AppID:          p.name("AppID", f.AppID),
		Store:          p.store("Store", f.Store),
		StoreAddr:      p.address("StoreAddr", f.StoreAddr),
		Redis:          p.redis("Redis", f.Redis),
		Journal:        p.onOff("Journal", f.Journal),
		JournalUnsafe:  p.onOff("JournalUnsafe", f.JournalUnsafe),
		Kafka: Kafka{
			Brokers:     p.brokers("Kafka", f.Kafka),
			Partitions:  p.number("KafkaPartitions", f.KafkaPartitions, 1, 10_000),
			Replication: p.number("KafkaReplication", f.KafkaReplication, 1, 100),
		},
		SigningKey:    p.key(f.SigningKey, f.SigningKeyFile),
		SnapshotEvery: p.number("SnapshotEvery", f.SnapshotEvery, 1, 20_000),
		HotGames:      p.number("HotGames", f.HotGames, 1, 10_000_000),
		EvictAfter:    p.duration("EvictAfter", f.EvictAfter, time.Second, 24*time.Hour),
		TokenTTL:      p.duration("TokenTTL", f.TokenTTL, time.Second, 366*24*time.Hour),
		JWKSFile:      p.file("JWKSFile", f.JWKSFile),
		JWKSURL:       p.url("JWKSURL", f.JWKSURL),
		JWTAudience:   p.text("JWTAudience", f.JWTAudience),
		LogLevel:      p.level("LogLevel", f.LogLevel),
		JSONLogs:      p.oneOf("LogFormat", f.LogFormat, "text", "json") == "json",
		Drain:         p.duration("Drain", f.Drain, 0, 3*time.Second),
		Pprof:         p.onOff("Pprof", f.Pprof),
	}
	p.together(f, c)
	if f.JWKSFile != "" && f.JWKSURL != "" {
		p.mistake("JWKSURL", f.JWKSURL, "can't be used together with --jwks-file; give one of them")
	}
	return c, errors.Join(p.mistakes...)
}

// parser reads values and collects what is wrong with them.
type parser struct{ mistakes []error }

// mistake notes one line. field is the name of a field of Flags.
func (p *parser) mistake(field, value, advice string) {
	flag, env := names(field)
	p.mistakes = append(p.mistakes, fmt.Errorf("--%s (%s): %q %s", flag, env, value, advice))
}

func (p *parser) text(field, value string) string {
	if value == "" {
		p.mistake(field, value, "is empty; leave it out, or give a name")
	}
	return value
}

func (p *parser) address(field, value string) string {
	host, port, err := net.SplitHostPort(value)
	n, notNumber := strconv.ParseUint(port, 10, 16)
	if err != nil || notNumber != nil || strings.ContainsAny(host, " /") {
		p.mistake(field, value, "is no address; give HOST:PORT with a port of 0 to 65535, such as 127.0.0.1:8080")
		return value
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10))
}

func (p *parser) optionalAddress(field, value string) string {
	if value == "" {
		return ""
	}
	return p.address(field, value)
}

func (p *parser) origins(field, value string) []string {
	var origins []string
	for _, origin := range list(value) {
		u, err := url.Parse(origin)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Scheme+"://"+u.Host != strings.ToLower(origin) {
			p.mistake(field, origin, "is no origin; give scheme and host without a path, such as https://play.example.org")
			continue
		}
		origins = append(origins, strings.ToLower(origin))
	}
	return origins
}

func (p *parser) prefixes(field, value string) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, text := range list(value) {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			if addr, notAddr := netip.ParseAddr(text); notAddr == nil {
				prefix, err = addr.Prefix(addr.BitLen())
			}
		}
		if err != nil {
			p.mistake(field, text, "is no network; give an address or a CIDR, such as 10.0.0.0/8")
			continue
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes
}

func (p *parser) onOff(field, value string) bool { return p.oneOf(field, value, "on", "off") == "on" }

func (p *parser) oneOf(field, value string, allowed ...string) string {
	for _, a := range allowed {
		if strings.EqualFold(value, a) {
			return a
		}
	}
	p.mistake(field, value, "is not known; give "+strings.Join(allowed, " or "))
	return allowed[0]
}

func (p *parser) folder(field, value string) string {
	if value == "" {
		p.mistake(field, value, "is empty; give the folder to keep the data in, such as ./data")
		return value
	}
	if info, err := os.Stat(value); err == nil && !info.IsDir() {
		p.mistake(field, value, "is a file; give a folder, it will be made if it does not exist")
	}
	return value
}

func (p *parser) file(field, value string) string {
	if value == "" {
		return ""
	}
	if info, err := os.Stat(value); err != nil || info.IsDir() {
		p.mistake(field, value, "can't be read as a file; give the path of a file that exists")
	}
	return value
}

func (p *parser) url(field, value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || (u.Scheme != "https" && !loopback(u)) {
		p.mistake(field, value, "is no https address; give one such as https://id.example.org/.well-known/jwks.json")
	}
	return value
}

// loopback: plain http is fine if it can't leave the machine.
func loopback(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && addr.IsLoopback())
}

func (p *parser) number(field, value string, least, most int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		p.mistake(field, value, fmt.Sprintf("is out of range; give a whole number from %d to %d", least, most))
		return least
	}
	return n
}

func (p *parser) duration(field, value string, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil || d < least || d > most {
		p.mistake(field, value, fmt.Sprintf("is no duration that fits; give a number with a unit from %s to %s, such as 90s or 5m", least, most))
		return least
	}
	return d
}

func (p *parser) level(field, value string) slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(value)); err != nil {
		p.mistake(field, value, "is no level; give debug, info, warn or error")
	}
	return level
}

func (p *parser) roles(field, value string) Roles {
	var roles Roles
	names := map[string]*bool{"play": &roles.Play, "watch": &roles.Watch, "relay": &roles.Relay, "project": &roles.Project, "store": &roles.Store}
	for _, name := range list(value) {
		role, known := names[strings.ToLower(name)]
		if !known {
			p.mistake(field, name, "is no role; give a list out of play, watch, relay, project; or store")
			continue
		}
		*role = true
	}
	if len(list(value)) == 0 {
		p.mistake(field, value, "names no role; give a list out of play, watch, relay, project; or store")
	}
	return roles
}

// list splits at commas and drops blanks.
func list(value string) []string {
	var items []string
	for _, item := range strings.Split(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
