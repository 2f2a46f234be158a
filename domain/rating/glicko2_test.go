package rating_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/rating"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s is %v, want %v within %v", what, got, want, tolerance)
	}
}

// The example that Glickman's paper computes by hand.
func TestPaper(t *testing.T) {
	got := rating.Update(rating.Rating{Rating: 1500, Deviation: 200, Volatility: 0.06}, []rating.Result{
		{Opponent: rating.Rating{Rating: 1400, Deviation: 30}, Score: 1},
		{Opponent: rating.Rating{Rating: 1550, Deviation: 100}, Score: 0},
		{Opponent: rating.Rating{Rating: 1700, Deviation: 300}, Score: 0},
	}, 0.5)
	near(t, "rating", got.Rating, 1464.05, 0.011) // the paper rounds on the way: 1464.06 with all digits
	near(t, "deviation", got.Deviation, 151.52, 0.005)
	near(t, "volatility", got.Volatility, 0.05999, 0.00001)
}

func TestNoGames(t *testing.T) {
	before := rating.Rating{Rating: 1500, Deviation: 200, Volatility: 0.06}
	got := rating.Update(before, nil, rating.Tau)
	near(t, "rating", got.Rating, 1500, 1e-9)
	near(t, "deviation", got.Deviation, math.Hypot(200, 0.06*173.7178), 1e-9)
	near(t, "volatility", got.Volatility, 0.06, 0)
}

// other is Glicko-2 in another formulation, written from Glickman's "Dynamic paired comparison models with stochastic
// variances" (Journal of Applied Statistics 28, 2001): it stays on the scale of Glicko-1 for all but the volatility, which
// is where the log posterior of x = log(sigma^2) has its maximum. It shares no code and no root finder with the package.
type other struct {
	r, rd, sigma, tau         float64
	information, surprise     float64
	phi2, v, delta, logSquare float64
}

var q = math.Ln10 / 400 // a point of Glicko-2 is 1/q points of Glicko-1

func observe(before rating.Rating, opponents [][3]float64, tau float64) *other {
	o := &other{r: before.Rating, rd: before.Deviation, sigma: before.Volatility, tau: tau}
	for _, opponent := range opponents {
		g := math.Pow(1+3*q*q*opponent[1]*opponent[1]/(math.Pi*math.Pi), -0.5)
		p := math.Pow(1+math.Pow(10, g*(opponent[0]-o.r)/400), -1)
		o.information += q * q * g * g * p * (1 - p)
		o.surprise += q * g * (opponent[2] - p)
	}
	o.v, o.delta = q*q/o.information, o.surprise/o.information*q
	o.phi2, o.logSquare = o.rd*o.rd*q*q, 2*math.Log(o.sigma)
	return o
}

// slope is the derivative of the log posterior.
func (o *other) slope(x float64) float64 {
	e := math.Exp(x)
	d := o.phi2 + o.v + e
	return -(x-o.logSquare)/(o.tau*o.tau) - 0.5*e/d + 0.5*e*o.delta*o.delta/(d*d)
}

// maxima are where the log posterior has them. After a great upset there may be two, of which the paper's algorithm finds
// one or the other.
func (o *other) maxima() (found []float64) {
	const steps, width = 400, 0.1
	for i := -steps; i < steps; i++ {
		low, high := o.logSquare+float64(i)*width, o.logSquare+float64(i+1)*width
		if !(o.slope(low) > 0 && o.slope(high) <= 0) {
			continue
		}
		for range 60 {
			if middle := (low + high) / 2; o.slope(middle) > 0 {
				low = middle
			} else {
				high = middle
			}
		}
		found = append(found, low)
	}
	return found
}

// after is the new rating, given log(sigma^2).
func (o *other) after(x float64) rating.Rating {
	sigma := math.Exp(x / 2)
	rd := math.Sqrt(1 / (1/(o.rd*o.rd+sigma*sigma/q/q) + o.information))
	return rating.Rating{Rating: o.r + rd*rd*o.surprise, Deviation: rd, Volatility: sigma}
}

// Over at least 5,000 random results the two formulations agree.
func TestAgainstAnotherFormulation(t *testing.T) {
	results := 0
	rapid.Check(t, func(t *rapid.T) {
		draw := func(low, high float64, what string) float64 { return rapid.Float64Range(low, high).Draw(t, what) }
		for range 15 {
			before := rating.Rating{Rating: draw(400, 3200, "r"), Deviation: draw(30, 350, "rd"), Volatility: draw(0.03, 0.1, "sigma")}
			tau := draw(0.3, 1.2, "tau")
			var games []rating.Result
			var opponents [][3]float64
			for range rapid.IntRange(1, 8).Draw(t, "games") {
				o := rating.Rating{Rating: before.Rating + draw(-1500, 1500, "difference"), Deviation: draw(30, 350, "rd")}
				score := rapid.SampledFrom([]float64{0, 0.5, 1}).Draw(t, "score")
				games = append(games, rating.Result{Opponent: o, Score: score})
				opponents = append(opponents, [3]float64{o.Rating, o.Deviation, score})
			}
			got := rating.Update(before, games, tau)
			o := observe(before, opponents, tau)
			maxima := o.maxima()
			want, nearest := rating.Rating{}, math.Inf(1)
			for _, x := range maxima {
				if away := math.Abs(x - 2*math.Log(got.Volatility)); away < nearest {
					want, nearest = o.after(x), away
				}
			}
			for _, pair := range [][2]float64{{got.Rating, want.Rating}, {got.Deviation, want.Deviation}, {1000 * got.Volatility, 1000 * want.Volatility}} {
				// The paper's 173.7178 is 400/ln 10 to seven digits, and its iteration stops at 1e-6.
				if math.IsNaN(pair[0]) || math.Abs(pair[0]-pair[1]) > 1e-3+1e-6*math.Abs(pair[1]) {
					t.Fatalf("%+v with %+v, tau %v: %+v, otherwise %+v of %v", before, games, tau, got, want, maxima)
				}
			}
			if len(maxima) == 1 {
				results += len(games)
			}
		}
	})
	if results < 5_000 {
		t.Errorf("only %d results were compared", results)
	}
}

// However games go, a rating that is rounded after each stays within its limits and is a number.
func TestRoundedRatingsStayWithinLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rating.New(), rating.New()
		for range rapid.IntRange(1, 200).Draw(t, "games") {
			score := rapid.SampledFrom([]float64{0, 0.5, 1, 1, 1}).Draw(t, "score")
			a, b = rating.Update(a, []rating.Result{{Opponent: b, Score: score}}, rating.Tau).Round(),
				rating.Update(b, []rating.Result{{Opponent: a, Score: 1 - score}}, rating.Tau).Round()
			for _, r := range []rating.Rating{a, b} {
				if !(r.Rating >= 400 && r.Rating <= 4000 && r.Deviation >= 45 && r.Deviation <= 350 && r.Volatility > 0 && r.Volatility <= 0.1) {
					t.Fatalf("%+v", r)
				}
				if r != r.Round() {
					t.Fatalf("%+v is not rounded", r)
				}
			}
		}
	})
}

func TestClassOf(t *testing.T) {
	fischer := func(initial, increment int64) clock.Spec {
		return clock.Spec{Type: clock.Fischer, Initial: initial * 1000, Increment: increment * 1000}
	}
	for _, test := range []struct {
		spec clock.Spec
		want rating.Class
	}{
		{clock.Spec{Type: clock.None}, ""},
		{fischer(15, 0), rating.Bullet},
		{fischer(60, 0), rating.Bullet},
		{fischer(99, 2), rating.Bullet},
		{fischer(100, 2), rating.Blitz},
		{fischer(180, 2), rating.Blitz},
		{fischer(479, 0), rating.Blitz},
		{fischer(480, 0), rating.Rapid},
		{fischer(600, 10), rating.Rapid},
		{fischer(1499, 0), rating.Rapid},
		{fischer(900, 15), rating.Classical},
		{clock.Spec{Type: clock.Delay, Initial: 60_000, Delay: 3_000}, rating.Blitz},
		{clock.Spec{Type: clock.Days, Days: 3}, rating.Days},
	} {
		if got := rating.ClassOf(test.spec); got != test.want {
			t.Errorf("%+v is %q, want %q", test.spec, got, test.want)
		}
	}
}
