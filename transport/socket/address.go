package socket

import (
	"net/http"
	"net/netip"
	"strings"
)

// address is whom a handshake is counted for: the TCP peer, or behind proxies that we trust the last address in
// X-Forwarded-For that is not one of them. Everything to the left of that the client may have made up. IPv6 counts by
// /64, for that much one customer has.
func (s *Server) address(r *http.Request) string {
	port, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := port.Addr().Unmap()
	if s.trusted(addr) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			addr = hop.Unmap()
			if !s.trusted(addr) {
				break
			}
		}
	}
	if addr.Is6() {
		if prefix, err := addr.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}

func (s *Server) trusted(addr netip.Addr) bool {
	for _, proxy := range s.Proxies {
		if proxy.Contains(addr) {
			return true
		}
	}
	return false
}
