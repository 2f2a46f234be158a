package spec

import _ "embed"

//go:embed openapi.yaml
var openapi []byte

//go:embed asyncapi.yaml
var asyncapi []byte

// OpenAPI is the description of the HTTP routes. It must not be changed.
func OpenAPI() []byte { return openapi }

// AsyncAPI is the description of the sockets. It must not be changed.
func AsyncAPI() []byte { return asyncapi }
