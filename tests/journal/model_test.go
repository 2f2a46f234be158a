package journal_test

import redis "github.com/plygames/ply/tests/journal/model"

// model is Redis in the histories.
type model = redis.Redis

func newModel() *model { return redis.New() }
