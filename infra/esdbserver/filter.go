package esdbserver

import (
	"regexp"
	"slices"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"github.com/plygames/ply/domain/event"
)

// filter chooses events of the global order.
type filter struct {
	of       func(*event.Recorded) string
	prefixes []string
	regex    *regexp.Regexp
	interval uint64 // events looked at between two checkpoints
}

// defaultWindow is the window of a filter that names none.
const defaultWindow = 32

// readFilter understands the filter of a request, nil if it has none. The regular expressions are Go's, which for
// what event types and stream names need are those of .NET.
func readFilter(o *streams.ReadReq_Options_FilterOptions) (*filter, error) {
	if o == nil {
		return nil, nil
	}
	f := &filter{}
	var expression *streams.ReadReq_Options_FilterOptions_Expression
	switch kind := o.GetFilter().(type) {
	case *streams.ReadReq_Options_FilterOptions_StreamIdentifier:
		expression = kind.StreamIdentifier
		f.of = func(e *event.Recorded) string { return string(e.Stream) }
	case *streams.ReadReq_Options_FilterOptions_EventType:
		expression = kind.EventType
		f.of = func(e *event.Recorded) string { return e.Type }
	default:
		return nil, invalidArgument("The filter says neither stream nor event type.")
	}
	if text := expression.GetRegex(); text != "" {
		regex, err := regexp.Compile(text)
		if err != nil {
			return nil, invalidArgument("The filter's regular expression: " + err.Error())
		}
		f.regex = regex
	}
	f.prefixes = expression.GetPrefix()
	if (f.regex == nil) == (len(f.prefixes) == 0) {
		return nil, invalidArgument("A filter has either prefixes or a regular expression.")
	}
	window := uint64(defaultWindow)
	if w, ok := o.GetWindow().(*streams.ReadReq_Options_FilterOptions_Max); ok {
		window = uint64(w.Max)
	}
	if f.interval = window * uint64(o.GetCheckpointIntervalMultiplier()); f.interval == 0 {
		return nil, handlerException("a checkpoint after no events")
	}
	return f, nil
}

// matches tells whether an event is chosen. No filter chooses all.
func (f *filter) matches(e *event.Recorded) bool {
	if f == nil {
		return true
	}
	text := f.of(e)
	if f.regex != nil {
		return f.regex.MatchString(text)
	}
	return slices.ContainsFunc(f.prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}
