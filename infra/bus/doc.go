// Package bus carries recorded events from the relay to whoever shows games: inside the process (Local) or through Kafka
// brokers (Kafka), on the same interfaces. Watermill and sarama live here and nowhere else.
//
// It imports the domain, Watermill, watermill-kafka and sarama. Neither bus is the truth. Local forgets: who was not
// subscribed has missed it. Kafka carries copies of what the store has, and is used as libraries and brokers really
// behave: every setting that matters is checked at the start (assert.go), every call that may hang can be cut off
// (line.go), every reconnection goes on where it was (start.go), and a partition that brings nothing is looked after
// (watchdog.go).
//
// The one invariant: Publish returns nil only after the bus has the events (Local: after every subscriber has handled
// them), and each game's first appearances come in order. What is lost or repeated all the same shows in the events'
// versions: readers drop what they have and read gaps from the store.
package bus
