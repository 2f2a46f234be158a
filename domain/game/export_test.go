package game

// Encode is how this release stores an event.
var Encode = encode

// Types are the names of all events that can be read.
func Types() []string {
	names := make([]string, 0, len(decoders))
	for name := range decoders {
		names = append(names, name)
	}
	return names
}
