package config

import (
	"encoding/hex"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
)

// The settings of a cluster: how they are read, and which ones go together.

// together checks what one setting asks of another.
func (p *parser) together(f Flags, c Config) {
	shared := c.Store != ""
	switch others := (Roles{Store: true}); {
	case c.Roles.Store && c.Roles != others:
		p.mistake("Roles", f.Roles, "has store beside other roles; a store that others use is a server of its own: give store alone")
	case c.Roles.Store && shared:
		p.mistake("Store", f.Store, "can't be served by the role store, which serves the embedded one; leave it out")
	case c.Roles.Store:
		return
	}
	if len(c.Kafka.Brokers) == 0 && !c.Roles.Relay && (c.Roles.Watch || c.Roles.Play && shared) {
		p.mistake("Roles", f.Roles, "lacks relay: without Kafka a server sees only what its own relay carries; add relay, or give --kafka")
	}
	if len(c.Kafka.Brokers) > 0 && !shared {
		p.mistake("Kafka", f.Kafka, "connects servers, but the embedded store belongs to one alone; give --store (PLY_STORE) the address of a shared one")
	}
	if shared && c.Redis == "" {
		p.mistake("Redis", f.Redis, "is missing: servers with a shared store keep snapshots and marks of life in Redis; give its address, such as redis://127.0.0.1:6379/0")
	}
	if c.Journal && !shared {
		p.mistake("Journal", f.Journal, "needs a store that is not embedded: the embedded one writes in bulk already, as fast and without Redis; turn the journal off")
	}
	if c.JournalUnsafe && !c.Journal {
		p.mistake("JournalUnsafe", f.JournalUnsafe, "means nothing without the journal; turn it off, or --journal on")
	}
	if shared && c.SigningKey == nil && f.SigningKey == "" && f.SigningKeyFile == "" {
		p.mistake("SigningKeyFile", f.SigningKeyFile, "is missing: servers with a shared store must sign with the same key, or tokens of one are refused by the others; give a file with 64 hex digits")
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9._-]{0,64}$`)

func (p *parser) name(field, value string) string {
	if !plainName.MatchString(value) {
		p.mistake(field, value, "is no name; give up to 64 letters, digits, dots, hyphens and underscores")
	}
	return value
}

// store gives a connection string, empty for the embedded store.
func (p *parser) store(field, value string) string {
	if strings.EqualFold(value, "embedded") {
		return ""
	}
	u, err := url.Parse(value)
	switch {
	case err == nil && (u.Scheme == "esdb" || u.Scheme == "esdb+discover") && u.Host != "":
	case err == nil && strings.HasPrefix(u.Scheme, "kurrentdb"):
		p.mistake(field, value, "has a scheme that the client does not know; write esdb instead of kurrentdb, the protocol is the same")
	default:
		p.mistake(field, value, "is no store; give embedded, or an address such as esdb://127.0.0.1:2113?tls=false")
	}
	return value
}

func (p *parser) redis(field, value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") || u.Host == "" {
		p.mistake(field, value, "is no address of a Redis; give one such as redis://127.0.0.1:6379/0")
	}
	return value
}

func (p *parser) brokers(field, value string) []string {
	brokers := list(value)
	for _, b := range brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			p.mistake(field, b, "is no broker; give HOST:PORT, such as 127.0.0.1:9092")
		}
	}
	return brokers
}

// keyBytes is the least length of a signing key.
const keyBytes = 32

// key reads the signing key from the text or the file; nil if there is neither. No mistake shows the secret.
func (p *parser) key(text, file string) []byte {
	field := "SigningKey"
	if text != "" && file != "" {
		p.mistake("SigningKeyFile", file, "can't be used together with --signing-key; give one of them")
		return nil
	}
	if file != "" {
		field = "SigningKeyFile"
		read, err := os.ReadFile(file)
		if err != nil {
			p.mistake(field, file, "can't be read; give the path of a file that exists")
			return nil
		}
		text = string(read)
	}
	if text = strings.TrimSpace(text); text == "" && file == "" {
		return nil
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) < keyBytes {
		p.mistake(field, file, "holds no signing key; give at least 64 hex digits, such as openssl rand -hex 32 makes")
		return nil
	}
	return key
}
