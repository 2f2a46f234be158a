package bench_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plygames/ply/tests/bench"
)

const compared = `goos: linux
pkg: github.com/plygames/ply/infra/pebble
cpu: some
,then,,now,,,
,sec/op,CI,sec/op,CI,vs base,P
Append/callers=64-2,6.1e-05,2%,6.2e-05,3%,~,p=0.886 n=6
Read/stream_of_80_events-2,0.0004,2%,9.03e-05,3%,-79.30%,p=0.002 n=6
Read/global_order-2,1,2%,1.06,3%,+6.00%,p=0.002 n=6
geomean,0.0062,,0.0082,,+32.09%,

,then,,now,,,
,appends/s,CI,appends/s,CI,vs base,P
Append/callers=64-2,17102.5,1%,11000,1%,-35.68%,p=0.002 n=6

,then,,now,,,
,floor/s,CI,floor/s,CI,vs base,P
Append/callers=64-2,5000,1%,2500,1%,-50.00%,p=0.002 n=6

pkg: github.com/plygames/ply/transport/wire
,then,,now,,,
,allocs/op,CI,allocs/op,CI,vs base,P
DecodeMove-2,2,0%,3,0%,+50.00%,p=0.002 n=6
LineMove-2,100,0%,101,0%,+1.00%,p=0.002 n=6
OnlyThen-2,2,0%
`

func TestWorse(t *testing.T) {
	got, err := bench.Worse(compared, 5)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"transport/wire DecodeMove-2: +50.00% allocs/op (p=0.002 n=6)",
		"infra/pebble Append/callers=64-2: -35.68% appends/s (p=0.002 n=6)",
		"infra/pebble Read/global_order-2: +6.00% sec/op (p=0.002 n=6)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestUnreadable must not pass for nothing worse.
func TestUnreadable(t *testing.T) {
	if _, err := bench.Worse(",sec/op,CI,sec/op,CI,vs base,P\nX-2,1,1%,2,1%,much,p=0.002\n", 5); err == nil {
		t.Error("no error")
	}
}
