package clock

// Quota is how much lag a seat may still be forgiven, in ms. The rule is scalachess' LagTracker (at commit
// cbffc9d, core/src/main/scala/LagTracker.scala): each move is forgiven min(lag, quota); a move earns gain; the
// quota starts at 3 gains and never exceeds 7. scalachess also caps the gain by the lag that the server measured
// itself; here lag is only ever what the server measured, so that cap is always met.
type Quota int64

// gain is min(100, total seconds * 2/5 + 15) centiseconds.
func (s Spec) gain() int64 { return 10 * min(100, s.Total()/1000*2/5+15) }

// StartQuota is a seat's quota before its first move.
func (s Spec) StartQuota() Quota { return Quota(3 * s.gain()) }

// Forgive tells how much of a move's lag is not charged: at most the quota, the lag, and the time used.
func (q Quota) Forgive(lag, elapsed int64) int64 {
	return max(0, min(int64(q), lag, elapsed))
}

// AfterMove is the quota after a move that was forgiven comp.
func (s Spec) AfterMove(q Quota, comp int64) Quota {
	return min(q+Quota(s.gain()-comp), Quota(7*s.gain()))
}
