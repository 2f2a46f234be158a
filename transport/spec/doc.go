// Package spec holds the descriptions of ply.v1 for machines: openapi.yaml of the routes, asyncapi.yaml of the sockets
// and their messages. They are written by hand, because they explain; a test holds every route, message, field, error
// code and close code of them to the code, and the other way round. It imports the standard library only.
package spec
