// Package outage stops a real server process under a running clock: nobody is charged for it, and the record says what
// happened.
package outage
