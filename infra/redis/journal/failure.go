package journal

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/redis/rueidis"

	"github.com/plygames/ply/commands"
)

// refusals are the first words of the answers by which Redis refuses a command before it does anything. OOM is among
// them because the first write of the appending script is one that a full Redis refuses; NOPERM is not, because rights may
// end in the middle of a script.
var refusals = []string{
	"LOADING", "OOM", "READONLY", "MISCONF", "BUSY", "NOREPLICAS", "MASTERDOWN", "NOAUTH", "WRONGPASS",
	"MOVED", "ASK", "CLUSTERDOWN", "TRYAGAIN", "NOSCRIPT", "UNKILLABLE",
}

// failure turns an error of the Redis client into one of the port's: ErrUnavailable if the command certainly was not and
// will not be done, ErrUnknown otherwise.
func failure(err error) error {
	if refused, ok := rueidis.IsRedisErr(err); ok {
		word, _, _ := strings.Cut(refused.Error(), " ")
		if slices.Contains(refusals, word) {
			return fmt.Errorf("%w: Redis refused: %w", commands.ErrUnavailable, err)
		}
		return fmt.Errorf("%w: Redis failed: %w", commands.ErrUnknown, err)
	}
	// A connection that was never made has carried nothing.
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		return fmt.Errorf("%w: Redis can't be reached: %w", commands.ErrUnavailable, err)
	}
	return fmt.Errorf("%w: Redis did not answer: %w", commands.ErrUnknown, err)
}
