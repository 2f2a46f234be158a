package esdbserver

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/plygames/ply/domain/event"
)

// metaPrefix is what the name of a stream's metadata stream has before the stream's own.
const metaPrefix = "$$"

const (
	typeMetadata      = "$metadata"
	typeStreamDeleted = "$streamDeleted"
)

func metaStream(s event.Stream) event.Stream { return metaPrefix + s }

// original is the stream that a stream belongs to: itself, or the one whose metadata it holds.
func original(s event.Stream) (of event.Stream, isMeta bool) {
	name, isMeta := strings.CutPrefix(string(s), metaPrefix)
	return event.Stream(name), isMeta
}

// softDeleted is the value of $tb that marks a stream as deleted.
const softDeleted = math.MaxInt64

// rules are what a stream's metadata says about reading it. The zero value hides nothing.
type rules struct {
	truncateBefore int64 // revisions below are hidden
	maxCount       int64 // 0: no limit
	maxAge         time.Duration
}

// parseRules reads the data of a $metadata event. What makes no sense counts as not said.
func parseRules(data []byte) rules {
	var fields struct {
		TruncateBefore *int64 `json:"$tb"`
		MaxCount       *int64 `json:"$maxCount"`
		MaxAge         *int64 `json:"$maxAge"` // seconds
	}
	var r rules
	if json.Unmarshal(data, &fields) != nil {
		return r
	}
	if n := fields.TruncateBefore; n != nil && *n > 0 {
		r.truncateBefore = *n
	}
	if n := fields.MaxCount; n != nil && *n > 0 {
		r.maxCount = *n
	}
	if n := fields.MaxAge; n != nil && *n > 0 {
		r.maxAge = time.Duration(min(*n, math.MaxInt64/int64(time.Second))) * time.Second
	}
	return r
}

// undeleted is a $metadata event's data with another $tb.
func undeleted(data []byte, truncateBefore uint64) []byte {
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(data, &fields) != nil || fields == nil {
		fields = map[string]json.RawMessage{}
	}
	fields["$tb"] = strconv.AppendUint(nil, truncateBefore, 10)
	changed, err := json.Marshal(fields)
	if err != nil {
		panic("esdbserver: what was JSON is JSON: " + err.Error())
	}
	return changed
}
