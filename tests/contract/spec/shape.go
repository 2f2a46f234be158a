package spec

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/getkin/kin-openapi/openapi3"
)

// shape compares values with schemas and remembers which properties it has met.
type shape struct {
	met map[*openapi3.Schema]map[string]bool
}

func newShape() *shape { return &shape{met: map[*openapi3.Schema]map[string]bool{}} }

// check tells how a JSON text differs from a schema: by the schema's own rules, and by names that it does not have.
func (s *shape) check(schema *openapi3.Schema, text []byte) error {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return fmt.Errorf("not JSON: %w: %.200s", err, text)
	}
	if err := schema.VisitJSON(value); err != nil {
		return fmt.Errorf("%w\n%.500s", err, text)
	}
	return s.walk(schema, value, "")
}

func (s *shape) walk(schema *openapi3.Schema, value any, path string) error {
	for _, one := range schema.OneOf {
		if one.Value.VisitJSON(value) == nil {
			return s.walk(one.Value, value, path)
		}
	}
	switch v := value.(type) {
	case []any:
		if schema.Items == nil {
			return nil
		}
		for _, item := range v {
			if err := s.walk(schema.Items.Value, item, path+"[]"); err != nil {
				return err
			}
		}
	case map[string]any:
		if len(schema.Properties) == 0 && schema.AdditionalProperties.Schema == nil {
			return nil // an object of the game's own
		}
		if s.met[schema] == nil {
			s.met[schema] = map[string]bool{}
		}
		for name, member := range v {
			property, known := schema.Properties[name]
			switch {
			case known:
				s.met[schema][name] = true
			case schema.AdditionalProperties.Schema != nil:
				property = schema.AdditionalProperties.Schema
			default:
				return fmt.Errorf("%s.%s is not described", path, name)
			}
			if err := s.walk(property.Value, member, path+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

// unmet lists the properties of a schema, and of those below it, that no value had.
func (s *shape) unmet(schema *openapi3.Schema, path string) []string {
	var missing []string
	for name, property := range schema.Properties {
		if !s.met[schema][name] {
			missing = append(missing, path+"."+name)
			continue
		}
		missing = append(missing, s.unmet(property.Value, path+"."+name)...)
	}
	for _, below := range []*openapi3.SchemaRef{schema.Items, schema.AdditionalProperties.Schema} {
		if below != nil {
			missing = append(missing, s.unmet(below.Value, path+"[]")...)
		}
	}
	sort.Strings(missing)
	return missing
}
