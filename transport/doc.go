// Package transport is the edge: WebSockets, HTTP, the web page, the wire format, and the fan-out that writes one
// game's lines to many sockets. It imports the domain, and reaches commands and views through small interfaces
// that its packages declare for themselves.
package transport
