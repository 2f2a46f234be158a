// Package kafka kills, stops, pauses and starves a real Kafka under the bus and the relay. Nothing that was published
// may be missing afterwards, no game's events may be out of order, and nothing may stand still for good.
package kafka
