package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/projections/history"
	"github.com/plygames/ply/projections/players"
	"github.com/plygames/ply/transport/wire"
)

type replayCommand struct {
	Game  string `arg:"" help:"The game's id."`
	Speed string `default:"max" placeholder:"N" help:"How many times as fast as it was played, such as 1 or 0.5; pauses are capped at 10 s before. max: at once."`
	Data  string `env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"Data folder with the game. No server may be using it."`
	URL   string `placeholder:"URL" help:"A running server to ask instead, such as http://127.0.0.1:8080. It shows what anybody may see."`
}

// mostGap is the longest pause at speed 1, as on sockets.
const mostGap = 10 * time.Second

func (c *replayCommand) check() error {
	_, err := c.speed()
	return err
}

// speed is 0 for max.
func (c *replayCommand) speed() (float64, error) {
	if c.Speed == "max" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(c.Speed, 64)
	if err != nil || !(n > 0 && n <= 1e6) {
		return 0, fmt.Errorf("--speed: %q is neither max nor a number above 0", c.Speed)
	}
	return n, nil
}

// Run shows the game move by move: on a screen with the board, else one line for each event.
func (c *replayCommand) Run(s streams) error {
	speed, err := c.speed()
	if err != nil {
		return errUsage{err}
	}
	show := &replay{out: s.out, screen: isScreen(s.out), speed: speed, names: map[string]string{}, left: map[string]int64{}}
	if c.URL != "" {
		return c.ask(show)
	}
	store, err := openStore(c.Data)
	if err != nil {
		return err
	}
	encoder := &wire.Encoder{Names: players.New(store, 0, slog.New(slog.DiscardHandler))}
	past := &history.History{Log: store, Kinds: games.Kinds}
	var failed error
	err = past.Steps(context.Background(), c.Game, 0, 0, func(step game.Step) bool {
		failed = show.line(encoder.Line(step, game.Everyone))
		return failed == nil
	})
	return errors.Join(err, failed, store.Close())
}

// ask reads the game's lines from a server.
func (c *replayCommand) ask(show *replay) error {
	answer, err := http.Get(strings.TrimSuffix(c.URL, "/") + "/api/games/" + url.PathEscape(c.Game) + "/events")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
		return fmt.Errorf("the server says %s: %s", answer.Status, strings.TrimSpace(string(text)))
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := show.line(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// replay shows lines as they stand on a game's sockets.
type replay struct {
	out    io.Writer
	screen bool
	speed  float64

	last  int64 // ts of the line before
	plies int
	seats []string
	names map[string]string // by seat
	left  map[string]int64
	fen   string
}

// message is what a replay needs of a line.
type message struct {
	T, Seat, Kind, Reason, Winner string
	V, TS, Elapsed                int64
	Plies                         int
	Player                        struct{ ID, Name string }
	M                             json.RawMessage
	X                             struct{ SAN, FEN string }
	View                          struct{ FEN string }
	Clock                         struct{ Left map[string]int64 }
	Scores                        map[string]int
}

// line waits as long as the players did, and shows one event.
func (r *replay) line(text []byte) error {
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("a line can't be read: %w", err)
	}
	if r.speed > 0 && r.last != 0 {
		gap := min(max(0, time.Duration(m.TS-r.last)*time.Millisecond), mostGap)
		time.Sleep(time.Duration(float64(gap) / r.speed))
	}
	r.last = m.TS
	for seat, ms := range m.Clock.Left {
		r.left[seat] = ms
	}
	said := r.tell(&m)
	if m.X.FEN+m.View.FEN != "" {
		r.fen = m.X.FEN + m.View.FEN
	}
	if said == "" {
		return nil
	}
	if r.screen && r.fen != "" {
		said = "\x1b[H\x1b[2J" + board(r.fen) + "\n" + r.clocks() + "\n" + said
	}
	_, err := fmt.Fprintln(r.out, said)
	return err
}

// tell is one event in words; empty = nothing worth a line.
func (r *replay) tell(m *message) string {
	switch m.T {
	case "created":
		return fmt.Sprintf("%s, %s", m.Kind, time.UnixMilli(m.TS).UTC().Format(time.DateTime))
	case "seated":
		name := m.Player.Name
		if name == "" {
			name = m.Player.ID
		}
		r.names[m.Seat], r.seats = name, append(r.seats, m.Seat)
		return fmt.Sprintf("%s: %s", m.Seat, name)
	case "move":
		r.plies++
		move := m.X.SAN
		if move == "" {
			move = strings.Trim(string(m.M), `"`)
		}
		dots := "."
		if r.plies%2 == 0 {
			dots = "..."
		}
		return strings.TrimRight(fmt.Sprintf("%3d%-3s %-8s %8s  %s", (r.plies+1)/2, dots, move, "+"+span(m.Elapsed), r.clocks()), " ")
	case "takeback":
		r.plies = max(0, r.plies-m.Plies)
		return fmt.Sprintf("    %d plies taken back", m.Plies)
	case "ended":
		if m.Winner != "" {
			return fmt.Sprintf("%s won: %s", m.Winner, m.Reason)
		}
		if len(m.Scores) > 0 {
			return "draw: " + m.Reason
		}
		return m.Reason
	case "draw-offered", "draw-declined", "takeback-offered", "takeback-declined", "time-added", "clock-adjusted":
		return strings.TrimSpace("    " + m.Seat + ": " + m.T)
	}
	return ""
}

// clocks are what the seats have left; empty without a clock.
func (r *replay) clocks() string {
	var parts []string
	for _, seat := range r.seats {
		if ms, ok := r.left[seat]; ok {
			parts = append(parts, seat+" "+span(ms))
		}
	}
	return strings.Join(parts, "  ")
}

// span is a duration as people read clocks.
func span(ms int64) string {
	if ms >= 3_600_000 {
		return fmt.Sprintf("%d:%02d:%02d", ms/3_600_000, ms/60_000%60, ms/1000%60)
	}
	return fmt.Sprintf("%d:%02d.%d", ms/60_000, ms/1000%60, ms/100%10)
}

// board draws the squares of a FEN, white below.
func board(fen string) string {
	squares, _, _ := strings.Cut(fen, " ")
	var b strings.Builder
	for i, rank := range strings.Split(squares, "/") {
		fmt.Fprintf(&b, " %d ", 8-i)
		for _, c := range rank {
			if c >= '1' && c <= '8' {
				b.WriteString(strings.Repeat(" .", int(c-'0')))
				continue
			}
			b.WriteString(" " + string(c))
		}
		b.WriteByte('\n')
	}
	return b.String() + "    a b c d e f g h\n"
}
