package bench

// Benchmark is one call of go test.
type Benchmark struct {
	Package string // below the module
	Pattern string
	Time    string // -benchtime
}

// Main are the benchmarks worth a look after every change: the way of a move, of a frame, and of a cold start. All need
// nothing but Go.
var Main = []Benchmark{
	{"domain/games/chess", "^Benchmark(Move|Replay|Load|View)$", "100ms"},
	{"domain/game", "^BenchmarkFold$", "100ms"},
	{"commands", "^BenchmarkMove$", "200ms"},
	{"transport/wire", ".", "100ms"},
	{"projections/fold", "^BenchmarkFold$", "100ms"},
	{"projections/ratings", "^BenchmarkApply$", "100ms"},
	{"infra/pebble", "^Benchmark(Append|Read)$/^(callers|stream)", "300ms"},
	{"infra/app", "^BenchmarkFirstAck$", "200x"},
	{"transport/socket", "^BenchmarkFanOut$", "20x"},
	{"tests/esdbserver", "^BenchmarkAppend$", "300ms"},
}
