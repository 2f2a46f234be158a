package contract_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// obj is one JSON object; numbers are json.Number.
type obj map[string]any

func decode(data string) (obj, error) {
	d := json.NewDecoder(strings.NewReader(data))
	d.UseNumber()
	var o obj
	if err := d.Decode(&o); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one object")
	}
	return o, nil
}

func (o obj) str(path string) string {
	s, _ := o.at(path).(string)
	return s
}

func (o obj) num(path string) int64 {
	n, _ := o.at(path).(json.Number)
	i, err := n.Int64()
	if err != nil {
		return -1 << 62
	}
	return i
}

// at follows a path such as "clock.left.white"; nil if it leads nowhere.
func (o obj) at(path string) any {
	var v any = map[string]any(o)
	for step := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[step]
	}
	return v
}

func (o obj) String() string {
	b, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// match compares an object with a pattern: JSON in which "*" stands for any value, "#" for any integer and "-" for an
// absent field. Fields that the pattern does not name may be there: additions are welcome.
func match(got obj, pattern string, args ...any) error {
	want, err := decode(fmt.Sprintf(pattern, args...))
	if err != nil {
		return fmt.Errorf("pattern %s: %w", fmt.Sprintf(pattern, args...), err)
	}
	if err := matchValue("", map[string]any(got), map[string]any(want)); err != nil {
		return fmt.Errorf("%w\n got %v\nwant %v", err, got, want)
	}
	return nil
}

func matchValue(path string, got, want any) error {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is no object", path)
		}
		for k, v := range w {
			value, there := g[k]
			switch {
			case v == "-" && there:
				return fmt.Errorf("%s.%s must be absent", path, k)
			case v == "-":
			case !there:
				return fmt.Errorf("%s.%s is missing", path, k)
			default:
				if err := matchValue(path+"."+k, value, v); err != nil {
					return err
				}
			}
		}
		return nil
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%s is %v, want %v", path, got, want)
		}
		for i := range w {
			if err := matchValue(fmt.Sprintf("%s[%d]", path, i), g[i], w[i]); err != nil {
				return err
			}
		}
		return nil
	}
	switch want {
	case "*":
		return nil
	case "#":
		if n, ok := got.(json.Number); ok {
			if _, err := n.Int64(); err == nil {
				return nil
			}
		}
		return fmt.Errorf("%s is %v, want an integer", path, got)
	}
	if got != want {
		return fmt.Errorf("%s is %v, want %v", path, got, want)
	}
	return nil
}

// must fails the test unless the object matches.
func must(t *testing.T, got obj, pattern string, args ...any) {
	t.Helper()
	if err := match(got, pattern, args...); err != nil {
		t.Fatal(err)
	}
}

func TestMatch(t *testing.T) {
	got, err := decode(`{"a":1,"b":{"c":"x","d":[1,2]},"extra":true}`)
	if err != nil {
		t.Fatal(err)
	}
	for pattern, ok := range map[string]bool{
		`{}`: true, `{"a":1}`: true, `{"a":"#"}`: true, `{"a":"*"}`: true, `{"b":{"c":"x"}}`: true,
		`{"b":{"d":[1,2]}}`: true, `{"z":"-"}`: true, `{"b":{"z":"-"}}`: true,
		`{"a":2}`: false, `{"a":"-"}`: false, `{"z":"*"}`: false, `{"b":{"c":"#"}}`: false, `{"b":{"d":[1]}}`: false,
		`{"b":{"d":[2,1]}}`: false, `{"a":{}}`: false, `{"a":"1"}`: false,
	} {
		if err := match(got, "%s", pattern); (err == nil) != ok {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}
