package spec

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"

	"github.com/plygames/ply/transport/spec"
)

// documents are the two descriptions.
type documents struct {
	routes *openapi3.T
	// messages are the schemas of asyncapi.yaml, which are written in the part of JSON Schema that OpenAPI shares.
	messages openapi3.Schemas
	// async is asyncapi.yaml as it stands.
	async map[string]any
}

// load reads and validates both.
func load(t testing.TB) documents {
	t.Helper()
	read := func(_ *openapi3.Loader, at *url.URL) ([]byte, error) {
		switch {
		case strings.HasSuffix(at.Path, "openapi.yaml"):
			return spec.OpenAPI(), nil
		case strings.HasSuffix(at.Path, "asyncapi.yaml"):
			return spec.AsyncAPI(), nil
		default:
			return nil, fmt.Errorf("%s is not one of our documents", at)
		}
	}
	loader := &openapi3.Loader{IsExternalRefsAllowed: true, ReadFromURIFunc: read}
	routes, err := loader.LoadFromURI(&url.URL{Path: "openapi.yaml"})
	if err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	if err := routes.Validate(context.Background()); err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	d := documents{routes: routes}
	if err := yaml.Unmarshal(spec.AsyncAPI(), &d.async); err != nil {
		t.Fatalf("asyncapi.yaml: %v", err)
	}
	messages, err := (&openapi3.Loader{IsExternalRefsAllowed: true, ReadFromURIFunc: read}).LoadFromURI(&url.URL{Path: "asyncapi.yaml"})
	if err != nil {
		t.Fatalf("asyncapi.yaml: %v", err)
	}
	d.messages = messages.Components.Schemas
	for name, schema := range d.messages {
		if err := schema.Validate(context.Background()); err != nil {
			t.Fatalf("asyncapi.yaml: schema %s: %v", name, err)
		}
	}
	return d
}

// types are the values that a message schema allows for t; none if it is no message.
func types(schema *openapi3.Schema) []string {
	t, ok := schema.Properties["t"]
	if !ok {
		return nil
	}
	var values []string
	for _, v := range t.Value.Enum {
		values = append(values, fmt.Sprint(v))
	}
	return values
}

// sent tells whether a message schema is one of the server's: the client's allow nothing beside what they name.
func sent(schema *openapi3.Schema) bool { return schema.AdditionalProperties.Has == nil }

// byType gives the schemas of the server's messages, or of the client's.
func (d documents) byType(server bool) map[string]*openapi3.Schema {
	found := map[string]*openapi3.Schema{}
	for _, ref := range d.messages {
		if sent(ref.Value) != server {
			continue
		}
		for _, typ := range types(ref.Value) {
			found[typ] = ref.Value
		}
	}
	return found
}
