package wire

import (
	"encoding/json"

	"github.com/plygames/ply/domain"
)

// Fields reads the members of one object from outside, one by one and by name, for the bodies of HTTP requests. The
// first mistake stays and everything after it reads as absent; ask End for it at the end.
type Fields struct {
	list []member
	used []bool
	err  *domain.Error
}

// ReadFields begins to read the one object that msg is, as strictly as Decode.
func ReadFields(msg []byte) *Fields {
	list, err := members(msg, nil)
	if err != nil {
		return &Fields{err: domain.Refuse(domain.BadMessage, "%s", err)}
	}
	return &Fields{list: list, used: make([]bool, len(list))}
}

// take gives a member's value and notes that its name is known.
func (f *Fields) take(name string) []byte {
	if f.err != nil {
		return nil
	}
	for i, m := range f.list {
		if string(m.name) == name {
			f.used[i] = true
			return m.value
		}
	}
	return nil
}

func (f *Fields) wrong(name, want string) {
	if f.err == nil {
		f.err = domain.Refuse(domain.BadMessage, "%s must be %s", name, want)
	}
}

// Text is a string, and whether it was there.
func (f *Fields) Text(name string) (string, bool) {
	value := f.take(name)
	if value == nil {
		return "", false
	}
	s, ok := unquote(value)
	if !ok {
		f.wrong(name, "a string")
	}
	return string(s), ok
}

// Int is a number 0..2^53-1, and whether it was there.
func (f *Fields) Int(name string) (int64, bool) {
	value := f.take(name)
	if value == nil {
		return 0, false
	}
	n, ok := plainNumber(value)
	if !ok {
		f.wrong(name, "a number")
	}
	return int64(n), ok
}

// Bool is true or false; false if it was not there.
func (f *Fields) Bool(name string) bool {
	value := f.take(name)
	if value == nil {
		return false
	}
	switch string(value) {
	case "true":
		return true
	case "false":
	default:
		f.wrong(name, "true or false")
	}
	return false
}

// Raw is any value, as compact JSON; nil if it was not there. What it points to is the caller's.
func (f *Fields) Raw(name string) json.RawMessage {
	value := f.take(name)
	if value == nil {
		return nil
	}
	return compact(value)
}

// Object is the reader of a nested object, nil if it was not there. Its mistakes are its own: ask its End.
func (f *Fields) Object(name string) *Fields {
	value := f.take(name)
	if value == nil {
		return nil
	}
	if value[0] != '{' {
		f.wrong(name, "an object")
		return nil
	}
	list := split(value, nil)
	return &Fields{list: list, used: make([]bool, len(list))}
}

// Names lists the names that the object has.
func (f *Fields) Names() []string {
	names := make([]string, len(f.list))
	for i, m := range f.list {
		names[i] = string(m.name)
	}
	return names
}

// End reports the first mistake; a name that nobody has asked for is one.
func (f *Fields) End() *domain.Error {
	if f.err != nil {
		return f.err
	}
	for i, used := range f.used {
		if !used {
			return bad("unknown name " + printable(f.list[i].name))
		}
	}
	return nil
}
