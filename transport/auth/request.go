package auth

import (
	"net/http"
	"strings"
)

// bearerProtocol begins the subprotocol by which browsers, which can't set headers on sockets, send a token.
const bearerProtocol = "bearer."

// FromRequest is the token that a request carries: in the Authorization header, or on a socket's handshake among the
// subprotocols. present is true as soon as somebody claims to be somebody; token is empty if the claim has no form that
// we know, which no Verify will believe. A URL never carries one.
func FromRequest(r *http.Request) (token string, present bool) {
	if headers := r.Header.Values("Authorization"); len(headers) > 0 {
		scheme, rest, _ := strings.Cut(headers[0], " ")
		if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
			return "", true
		}
		return strings.TrimSpace(rest), true
	}
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return "", false
	}
	for _, header := range r.Header.Values("Sec-WebSocket-Protocol") {
		for _, p := range strings.Split(header, ",") {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(p), bearerProtocol); ok {
				return rest, true
			}
		}
	}
	return "", false
}
