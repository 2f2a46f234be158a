package socket

import (
	"net/http"
	"net/url"

	"github.com/plygames/ply/transport/lobby"
)

// Lobby is what all lobby sockets of this server look at. lobby.Lobby is one; the comments of its methods are the contract.
type Lobby interface {
	Join(s lobby.Socket, kind string) *lobby.Viewer
	Drained(v *lobby.Viewer)
	Leave(v *lobby.Viewer)
}

// ServeLobby is GET /lobby[?kind=chess]: the open games, for anybody.
func (s *Server) ServeLobby(w http.ResponseWriter, r *http.Request) {
	who, ok := s.admit(w, r, false)
	if !ok {
		return
	}
	k := s.newSock(kindLobby, nil)
	values, err := url.ParseQuery(r.URL.RawQuery)
	kinds := values["kind"]
	if err != nil || len(kinds) > 1 || len(kinds) == 1 && kinds[0] == "" {
		s.open(w, r, k, who, &closeBadQuery)
		return
	}
	if len(kinds) == 1 {
		k.gameKind = kinds[0]
	}
	s.open(w, r, k, who, nil)
}

// look begins to show the lobby. Called by run.
func (k *sock) look() {
	viewer := k.server.Lobby.Join(k, k.gameKind)
	k.mu.Lock()
	k.viewer = viewer
	k.mu.Unlock()
}

// lookAway ends it. Called by end.
func (k *sock) lookAway() {
	if k.viewer != nil {
		k.server.Lobby.Leave(k.viewer)
	}
}
