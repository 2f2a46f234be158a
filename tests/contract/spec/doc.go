// Package spec holds openapi.yaml and asyncapi.yaml to the code and to a running server, in both directions: what is
// described exists and looks as described, and nothing exists that is not described.
//
//	documents.go   the two files, read and resolved
//	shape.go       a value against a schema, counting which parts of the schema were ever seen
//	server.go      Check: every route and socket of a running server
//
// The tests of this package drive the encoder and the tables; Check is called with the address of a whole server.
package spec
