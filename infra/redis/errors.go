package redis

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
)

// notSent marks the error of a command that certainly never left this process.
type notSent struct{ error }

func (e notSent) Unwrap() error { return e.error }

// NotSent tells that a command with this error was not and will not be carried out, because there was no connection or
// no time for it. See Answered for the other errors of which that is known; of all the rest the outcome is not.
func NotSent(err error) bool { return errors.As(err, new(notSent)) }

// Answered tells that Redis answered a command with an error, such as a script's own or "out of memory". A single
// command that was answered so changed nothing.
func Answered(err error) bool {
	answer := new(rueidis.RedisError)
	return errors.As(err, &answer) && !answer.IsNil()
}

// passing begins the answers of a Redis that may do better soon.
var passing = []string{
	"LOADING", "BUSY", "MISCONF", "OOM", "READONLY", "MASTERDOWN", "NOREPLICAS", "TRYAGAIN", "CLUSTERDOWN",
}

// Failed says what was being done when a call failed. nil stays nil, and so does "there is no such key", which is an
// answer. It wraps commands.ErrUnavailable if Redis does not answer, or not in time, or says that it can't work now.
func Failed(what string, err error) error {
	if err == nil || rueidis.IsRedisNil(err) {
		return nil
	}
	answer := new(rueidis.RedisError)
	if errors.As(err, &answer) {
		code, _, _ := strings.Cut(answer.Error(), " ")
		if !slices.Contains(passing, code) {
			return fmt.Errorf("redis: %s: %w", what, err)
		}
	}
	return fmt.Errorf("redis: %s: %w: %w", what, commands.ErrUnavailable, err)
}
