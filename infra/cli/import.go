package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/plygames/ply/commands"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/domain/games/chess/pgn"
	"github.com/plygames/ply/infra/app"
	"github.com/plygames/ply/infra/pebble"
)

type importCommand struct {
	Files []string `arg:"" name:"file" help:"PGN files of chess games, in UTF-8 or Latin-1."`
	Data  string   `env:"PLY_DATA" default:"./data" placeholder:"DIR" help:"Data folder to import into; made if it is missing. No server may be using it."`
}

// atOnce is how many games are decided and appended at the same time: appends that wait together share one sync.
const atOnce = 64

// Run imports all games that can be, and fails if any could not. A game is either whole in the store or not at all, and
// one that is there already is passed over: a run that was interrupted is simply started again.
func (c *importCommand) Run(s streams) error {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	store, err := pebble.Open(pebble.Config{Dir: dir})
	if err != nil {
		return app.Advise(dir, err)
	}
	im := &importing{out: s.out, progress: newProgress(s.err), into: &commands.Import{Store: store, Kinds: games.Kinds}}
	for _, file := range c.Files {
		if err = im.file(context.Background(), file); err != nil {
			break
		}
	}
	return errors.Join(err, store.Close(), im.sum())
}

// importing counts what becomes of games.
type importing struct {
	out      io.Writer
	progress *progress
	into     *commands.Import

	mu                          sync.Mutex
	imported, known, bad, moves int
}

// told is a game that was refused.
type told struct {
	line int
	why  error
}

// file imports the games of one file, in about their order. The error is the file's or the store's, not a game's.
func (im *importing) file(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(0)
	if info, err := f.Stat(); err == nil {
		size = info.Size()
	}
	texts := make(chan pgn.Text)
	group, ctx := errgroup.WithContext(ctx)
	var refused []told
	group.Go(func() error {
		defer close(texts)
		split := pgn.NewSplitter(f)
		for {
			text, err := split.Next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			select {
			case texts <- text:
			case <-ctx.Done():
				return ctx.Err()
			}
			im.tell(name, split.Read(), size)
		}
	})
	for range max(atOnce, 2*runtime.GOMAXPROCS(0)) {
		group.Go(func() error {
			for text := range texts {
				why, err := im.game(ctx, text)
				if err != nil {
					return fmt.Errorf("%s:%d: %w", name, text.Line, err)
				}
				if why != nil {
					im.mu.Lock()
					refused = append(refused, told{text.Line, why})
					if len(refused) >= 1000 { // memory stays bounded, if not the order
						im.report(name, refused)
						refused = refused[:0]
					}
					im.mu.Unlock()
				}
			}
			return nil
		})
	}
	err = group.Wait()
	im.report(name, refused)
	return err
}

// report writes one line for each game that was skipped, in the order of the file.
func (im *importing) report(name string, refused []told) {
	sort.Slice(refused, func(i, j int) bool { return refused[i].line < refused[j].line })
	for _, t := range refused {
		fmt.Fprintf(im.out, "%s:%d: skipped: %s\n", name, t.line, strings.ReplaceAll(t.why.Error(), "\n", " "))
	}
}

// game imports one game. why is a reason that lies in the game.
func (im *importing) game(ctx context.Context, text pgn.Text) (why, err error) {
	g, why := readGame(text)
	done := false
	if why == nil {
		_, done, err = im.into.Game(ctx, g)
		if errors.Is(err, commands.ErrBadGame) {
			why, err = err, nil
		}
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	switch {
	case err != nil:
	case why != nil:
		im.bad++
	case done:
		im.imported++
		im.moves += len(g.Moves)
	default:
		im.known++
	}
	return why, err
}

func (im *importing) tell(name string, read, size int64) {
	im.progress.tell(func(elapsed time.Duration) string {
		im.mu.Lock()
		defer im.mu.Unlock()
		return fmt.Sprintf("importing %s: %s, %d games (%d known, %d skipped), %.0f moves/s", filepath.Base(name), percent(read, size),
			im.imported+im.known+im.bad, im.known, im.bad, float64(im.moves)/elapsed.Seconds())
	})
}

// sum tells what was done. Skipped games make it an error, so that a script notices.
func (im *importing) sum() error {
	im.progress.end()
	fmt.Fprintf(im.out, "imported %d games with %d moves in %s; %d were there already, %d skipped\n",
		im.imported, im.moves, time.Since(im.progress.started).Round(time.Millisecond), im.known, im.bad)
	if im.bad > 0 {
		return fmt.Errorf("%d games were skipped, see above; all others are imported", im.bad)
	}
	return nil
}

// readGame makes a game of its text. Its key is what it says of itself, so layout and comments don't matter.
func readGame(text pgn.Text) (commands.ImportedGame, error) {
	if text.Err != nil {
		return commands.ImportedGame{}, text.Err
	}
	read, err := pgn.Parse(text.PGN)
	if err != nil {
		return commands.ImportedGame{}, err
	}
	g := commands.ImportedGame{
		Rules: chess.Rules{}, Players: [2]string{read.Tags["White"], read.Tags["Black"]}, At: read.Began(), Reason: read.Tags["PlyReason"],
	}
	switch read.Result {
	case "1-0":
		g.Winner = 0
	case "0-1":
		g.Winner = 1
	case "1/2-1/2":
		g.Winner = -1
	default:
		return g, errors.New("it has no result: only games that have ended can be imported")
	}
	if strings.EqualFold(read.Tags["Termination"], "time forfeit") && g.Reason == "" {
		g.Reason = game.TimedOut
	}
	if read.Start != "" {
		if g.Setup, err = json.Marshal(map[string]string{"fen": read.Start}); err != nil {
			return g, err
		}
	}
	var elapsed []int64
	g.Clock, elapsed = read.Timed()
	g.Moves = make([]commands.ImportedMove, len(read.Moves))
	for i, m := range read.Moves {
		g.Moves[i] = commands.ImportedMove{M: json.RawMessage(`"` + m.UCI + `"`), Elapsed: elapsed[i]}
	}
	g.Key = read.Key()
	return g, nil
}
