package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/plygames/ply/infra/config"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it was tried and did not work
	exitUsage  = 2 // the command line or the settings are wrong; nothing was tried
)

// command line of ply. The first one is what `ply` alone does.
type commandLine struct {
	Serve   serveCommand   `cmd:"" default:"withargs" help:"Run the server (what ply does without a command)."`
	Store   storeCommand   `cmd:"" help:"Serve the embedded store to other servers, over EventStoreDB's protocol: the role store alone."`
	Verify  verifyCommand  `cmd:"" help:"Refold every stored game through the rules and check every hash chain."`
	Rebuild rebuildCommand `cmd:"" help:"Fold views anew from the events, beside the ones in use, and put them in their place."`
	Backup  backupCommand  `cmd:"" help:"Copy the data of a server, running or not, to a new folder."`
	Restore restoreCommand `cmd:"" help:"Make a data folder from a backup."`
	Erase   eraseCommand   `cmd:"" help:"Forget a person's names for ever; games stay whole."`
	Export  exportCommand  `cmd:"" help:"Write all games, or some, as PGN, NDJSON or Parquet."`
	Import  importCommand  `cmd:"" help:"Import games from PGN files."`
	Replay  replayCommand  `cmd:"" help:"Show a game in the terminal, move by move with clocks."`
	Journal journalCommand `cmd:"" help:"Look after the journal of a deployment: status, on, off."`
	Load    loadCommand    `cmd:"" help:"Play many games over real sockets and tell how fast it went."`
	Health  healthCommand  `cmd:"" help:"Ask a server whether it is ready; exits 0 if it is and 1 if not."`
	Version versionCommand `cmd:"" help:"Print the version."`

	LoadRelay loadRelayCommand `cmd:"" hidden:"" help:"The baseline of load."`
	LoadWatch loadWatchCommand `cmd:"" hidden:"" help:"Watchers of load."`
}

// streams are where a command writes: results to out, logs and mistakes to err.
type streams struct{ out, err io.Writer }

// errUsage marks mistakes in what a person asked for.
type errUsage struct{ error }

func (e errUsage) Unwrap() error { return e.error }

// Main runs the command line and returns the exit code.
func Main(args []string) int {
	s := streams{os.Stdout, os.Stderr}
	for _, line := range config.UnknownVariables(os.Environ(), ownVariables()...) {
		fmt.Fprintln(s.err, "ply: warning:", line)
	}
	parsed, err := parse(args, s)
	if err == nil {
		err = parsed.Run(s)
	}
	var usage errUsage
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		report(s.err, err)
		fmt.Fprintln(s.err, "ply: `ply --help` explains every flag")
		return exitUsage
	default:
		report(s.err, err)
		return exitFailed
	}
}

// report writes one line for each mistake.
func report(w io.Writer, err error) {
	for _, line := range strings.Split(err.Error(), "\n") {
		fmt.Fprintln(w, "ply:", line)
	}
}

// parse reads the command line. The parser stops at the first flag that it does not know, so each one is noted and
// taken out, until the rest makes sense: then all mistakes are known, those in the values included.
func parse(args []string, s streams) (*kong.Context, error) {
	var mistakes []error
	for {
		var line commandLine
		parser, err := kong.New(&line,
			kong.Name("ply"),
			kong.Description("An event-sourced game server: chess over WebSockets, every move on disk before it is acknowledged."),
			kong.Writers(s.out, s.err),
			kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 110}),
			kong.Help(printHelp),
			kong.ValueFormatter(explain),
		)
		if err != nil {
			return nil, err // a mistake in the tags above
		}
		parsed, err := parser.Parse(args)
		if err == nil {
			if check, ok := parsed.Selected().Target.Addr().Interface().(checker); ok {
				mistakes = append(mistakes, check.check())
			}
			if err := errors.Join(mistakes...); err != nil {
				return nil, errUsage{err}
			}
			return parsed, nil
		}
		mistakes = append(mistakes, err)
		rest := without(args, err.Error())
		if len(rest) == len(args) {
			return nil, errUsage{errors.Join(mistakes...)}
		}
		args = rest
	}
}

// checker is a command whose values can be wrong.
type checker interface{ check() error }

// without drops the argument that a parser's message is about, and a value that stands behind a flag.
func without(args []string, message string) []string {
	named, flag := strings.CutPrefix(message, "unknown flag ")
	if !flag && strings.HasPrefix(message, "--") { // a value of the wrong type
		named, _, flag = strings.Cut(message, ":")
	}
	if !flag {
		var ok bool
		if named, ok = strings.CutPrefix(message, "unexpected argument "); !ok {
			return args
		}
	}
	named, _, _ = strings.Cut(named, ", did you mean ")
	for i, arg := range args {
		name, _, joined := strings.Cut(arg, "=")
		if arg != named && (!flag || name != named) {
			continue
		}
		end := i + 1
		if flag && !joined && end < len(args) && !strings.HasPrefix(args[end], "-") {
			end++
		}
		return append(args[:i:i], args[end:]...)
	}
	return args
}

// printHelp shows the flags of serve also to who asks for no command: they are what most people look for.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	if ctx.Selected() != nil {
		return nil
	}
	serve, err := kong.Trace(ctx.Kong, []string{"serve"})
	if err != nil {
		return err
	}
	options.NoAppSummary = true
	fmt.Fprintln(ctx.Stdout)
	return kong.DefaultHelpPrinter(options, serve)
}

// explain ends a flag's help with its default and its environment variable.
func explain(value *kong.Value) string {
	var notes []string
	if value.Tag.Default != "" && !value.Tag.Cmd {
		notes = append(notes, "default "+value.Tag.Default)
	}
	for _, env := range value.Tag.Envs {
		notes = append(notes, "$"+env)
	}
	if len(notes) == 0 {
		return value.Help
	}
	return value.Help + " [" + strings.Join(notes, ", ") + "]"
}

// ownVariables are the environment variables of commands other than serve.
func ownVariables() []string {
	var line commandLine
	parser, err := kong.New(&line)
	if err != nil {
		return nil // parse tells
	}
	var names []string
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			names = append(names, flag.Tag.Envs...)
		}
		return next(nil)
	})
	return names
}

// version of this binary, as the Go toolchain recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value[:min(12, len(s.Value))]
		}
	}
	return v + " " + info.GoVersion
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "ply", version())
	return err
}
