package commands

import (
	"context"
	"time"
)

// answerWindows is into how many windows the time for an answer is cut.
const answerWindows = 20

// window is a stretch of time whose commands share one context. Nobody ends it but its deadline, so that they may: a context
// with a timer for each command was one of the dearer parts of a move.
type window struct {
	context.Context
	closes time.Time
	end    context.CancelFunc // by Close only
}

// answerBy gives the context in which a command is carried out. It ends a.Answer from now, or up to a twentieth of that
// later, and whatever becomes of the one who asked: the outcome is wanted even if they have gone.
func (a *Application) answerBy() context.Context {
	now := time.Now()
	open := a.window.Load()
	if open != nil && now.Before(open.closes) {
		return open
	}
	closes := now.Add(a.Answer / answerWindows)
	ctx, cancel := context.WithDeadline(context.Background(), closes.Add(a.Answer))
	fresh := &window{ctx, closes, cancel}
	if !a.window.CompareAndSwap(open, fresh) {
		cancel() // somebody else has opened one in this very moment
		return a.answerBy()
	}
	return fresh
}
