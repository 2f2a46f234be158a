package app

import (
	"context"

	"github.com/plygames/ply/transport/rest"
)

type gamelists struct{}

func newLists() *gamelists { return &gamelists{} }

func (*gamelists) Reserve(string, string) bool { return true }
func (*gamelists) Release(string, string)      {}
func (*gamelists) Games(context.Context, rest.Query) ([]rest.Summary, string, error) {
	return nil, "", nil
}
