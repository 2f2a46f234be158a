// Package esdbserver holds what the real EventStoreDB does, row by row, against the embedded store served over
// EventStoreDB's protocol: through the official client, and through the protocol's bare stubs where the client can't
// ask or hides the answer. The rows are those of the checklist for servers that the design refers to.
package esdbserver
