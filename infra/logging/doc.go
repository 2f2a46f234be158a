// Package logging sets up slog for the process. It imports the standard library only.
//
// The one invariant: what a person sent never reaches the log. Attributes whose keys say that they hold a token, an
// invitation, a name or a payload are struck out, so that a slip elsewhere does no harm.
package logging
