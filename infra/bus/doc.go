// Package bus carries recorded events from the relay to whoever shows games. Watermill lives here and nowhere else.
//
// It imports the domain and Watermill. The in-process bus (Local) forgets: who was not subscribed has missed it.
//
// The one invariant: Publish returns nil only after every subscriber has handled the events, and all subscribers see
// the batches of one partition in the order in which they were published. What is lost or repeated all the same
// shows in the events' versions: readers drop what they have and read gaps from the store.
package bus
