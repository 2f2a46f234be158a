package load

import (
	"context"
	"fmt"
	"net/http"

	"github.com/plygames/ply/transport/client"
)

// newClient is a client whose connections are not shared with anybody's defaults.
func newClient(url string) *client.Client {
	return client.New(url, client.Options{HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}})
}

// server is a ply server: two guests make a game and sit down.
type server struct {
	guests *client.Client
	clock  client.Clock
}

func (s server) sit(ctx context.Context, white, black client.Handler) (id string, players [2]*client.Session, err error) {
	var people [2]*client.Client
	for i, name := range []string{"White", "Black"} {
		if people[i], err = s.guests.Guest(ctx, name); err != nil {
			return "", players, fmt.Errorf("make a guest: %w", err)
		}
	}
	made, err := people[0].Create(ctx, client.NewGame{Kind: "chess", Seat: "white", Access: "open", Clock: &s.clock})
	if err != nil {
		return "", players, fmt.Errorf("create a game: %w", err)
	}
	if _, err = people[1].Sit(ctx, made.Game, "black", ""); err != nil {
		return "", players, fmt.Errorf("sit down: %w", err)
	}
	for i, handler := range []client.Handler{white, black} {
		if players[i], err = people[i].OpenPlay(ctx, made.Game, client.Join{Handler: handler}); err != nil {
			return "", players, fmt.Errorf("open a socket: %w", err)
		}
	}
	return made.Game, players, nil
}

// echo is the relay: a game is there when somebody comes.
type echo struct {
	anybody *client.Client
	next    func() int
}

func (e echo) sit(ctx context.Context, white, black client.Handler) (id string, players [2]*client.Session, err error) {
	id = fmt.Sprintf("relay%07d", e.next())
	for i, handler := range []client.Handler{white, black} {
		if players[i], err = e.anybody.OpenPlay(ctx, id, client.Join{Handler: handler}); err != nil {
			return "", players, fmt.Errorf("open a socket to the relay: %w", err)
		}
	}
	return id, players, nil
}
