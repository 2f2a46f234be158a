package rating

import "math"

// Rating is what is believed of one player, on the scale of Glicko-1 (and of Elo).
type Rating struct {
	Rating     float64 // r
	Deviation  float64 // RD: the player's strength is within 2 RD of r with 95 % confidence
	Volatility float64 // sigma: how much the strength is expected to change from period to period
}

// Result is one game of a rating period, seen by one player.
type Result struct {
	Opponent Rating  // as it was before the period
	Score    float64 // 1 = won, 0.5 = drawn, 0 = lost
}

// The paper's figures for who has never played, and the system constant tau, for which it recommends 0.3 to 1.2.
const (
	StartRating     = 1500
	StartDeviation  = 350
	StartVolatility = 0.06
	Tau             = 0.5
)

// New is the rating of somebody who has never played.
func New() Rating { return Rating{StartRating, StartDeviation, StartVolatility} }

const (
	scale     = 173.7178 // between the two scales (step 2)
	tolerance = 1e-6     // of the volatility's iteration (step 5.1)
)

// Update is the rating after one rating period with these results; without any, only the deviation grows.
func Update(before Rating, results []Result, tau float64) Rating {
	mu, phi := before.inner()
	if len(results) == 0 {
		return outer(mu, math.Sqrt(sum(phi*phi, before.Volatility*before.Volatility)), before.Volatility)
	}
	// Steps 3 and 4: the estimated variance of the rating from these games alone, and the improvement they show.
	precision, improvement := 0.0, 0.0
	for _, result := range results {
		opponent, deviation := result.Opponent.inner()
		g := impact(deviation)
		expected := 1 / (1 + math.Exp(-float64(g*(mu-opponent))))
		precision = sum(precision, float64(g*g)*float64(expected*(1-expected)))
		improvement = sum(improvement, g*(result.Score-expected))
	}
	variance := 1 / precision
	volatility := newVolatility(phi, before.Volatility, variance, variance*improvement, tau)
	// Steps 6 to 8.
	grown := sum(phi*phi, volatility*volatility)
	phi = 1 / math.Sqrt(1/grown+precision)
	return outer(sum(mu, float64(phi*phi)*improvement), phi, volatility)
}

// inner gives mu and phi: the rating on the scale of Glicko-2 (step 2).
func (r Rating) inner() (mu, phi float64) {
	return (r.Rating - StartRating) / scale, r.Deviation / scale
}

func outer(mu, phi, volatility float64) Rating {
	return Rating{sum(scale*mu, StartRating), scale * phi, volatility}
}

// impact is g: how much a game counts against an opponent of this deviation.
func impact(phi float64) float64 {
	return 1 / math.Sqrt(sum(1, 3*float64(phi*phi)/(math.Pi*math.Pi)))
}

// newVolatility is step 5: the root of f by the Illinois algorithm, a regula falsi that can't get stuck at one end.
func newVolatility(phi, sigma, variance, delta, tau float64) float64 {
	a := math.Log(sigma * sigma)
	squared := sum(phi*phi, variance) // phi^2 + v
	f := func(x float64) float64 {
		e := math.Exp(x)
		below := squared + e
		return float64(e*(sum(delta*delta, -squared)-e))/float64(2*float64(below*below)) - (x-a)/float64(tau*tau)
	}
	low := a // the paper's A and B
	var high float64
	if surplus := sum(delta*delta, -squared); surplus > 0 {
		high = math.Log(surplus)
	} else {
		step := 1.0
		for f(sum(a, -step*tau)) < 0 {
			step++
		}
		high = sum(a, -step*tau)
	}
	atLow, atHigh := f(low), f(high)
	for math.Abs(high-low) > tolerance {
		next := sum(low, float64((low-high)*atLow)/(atHigh-atLow))
		atNext := f(next)
		if atNext*atHigh <= 0 {
			low, atLow = high, atHigh
		} else {
			atLow /= 2
		}
		high, atHigh = next, atNext
	}
	return math.Exp(low / 2)
}

// sum adds products that a compiler may otherwise fuse with the addition on some machines and not on others: the
// arguments are rounded because they are passed as what they are.
func sum(a, b float64) float64 { return float64(a) + float64(b) }

// Places behind the point that Round keeps. Machines may differ in the last bits of a logarithm; what is stored must not.
const (
	places           = 1e4
	volatilityPlaces = 1e8
)

// Limits as lichess has them (lila, modules/rating/src/main/Glicko.scala), but for the deviation's upper one, which is
// the paper's for who has never played.
const (
	minRating, maxRating = 400, 4000
	minDeviation         = 45
	maxVolatility        = 0.1
)

// Round keeps a rating within its limits and to a fixed number of places, so that it is the same wherever it was computed.
func (r Rating) Round() Rating {
	return Rating{
		Rating:     round(min(max(r.Rating, minRating), maxRating), places),
		Deviation:  round(min(max(r.Deviation, minDeviation), StartDeviation), places),
		Volatility: round(min(r.Volatility, maxVolatility), volatilityPlaces),
	}
}

func round(x, places float64) float64 { return math.Round(x*places) / places }

// ProvisionalAbove is the deviation above which a rating is not believed yet; the same as on lichess.
const ProvisionalAbove = 110

// Provisional tells whether the rating is not believed yet: shown with a mark, and on no leaderboard.
func (r Rating) Provisional() bool { return r.Deviation > ProvisionalAbove }
