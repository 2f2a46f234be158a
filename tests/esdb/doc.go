// Package esdb proves the EventStoreDB adapter together with those who use it, over our own server: writers that send
// again until they know, subscribers, views and the relay, while the server is broken off, restarted, or restored to an
// earlier state. What the adapter does with a server that answers in other ways is proved beside it.
//
// The one invariant: what was acknowledged is in the store once, and everybody who follows has seen it once.
package esdb
