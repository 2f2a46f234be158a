package fold

import "time"

// Phase is what a Rebuild or a Verify is at.
type Phase string

// Phases, in their order.
const (
	Folding   Phase = "folding"
	Comparing Phase = "comparing"
	Switching Phase = "switching"
)

// Progress is how far a Rebuild or a Verify has come.
type Progress struct {
	View   string  `json:"view"`
	Phase  Phase   `json:"phase"`
	Events int64   `json:"events"` // folded, by earlier attempts too
	Of     int64   `json:"of"`     // how many the live rows are made of; 0 = unknown
	Rate   float64 `json:"rate"`   // events per second
	Left   float64 `json:"left"`   // seconds that the folding will take; 0 = unknown
}

// tellEvery is the pace of progress.
const tellEvery = 200 * time.Millisecond

// tell tells how far it is, not too often unless it must.
func (b *builder) tell(must bool) {
	now := time.Now()
	if !must && now.Sub(b.told) < tellEvery {
		return
	}
	b.told = now
	p := Progress{View: b.w.view.Name(), Phase: b.phase, Events: b.w.events, Of: max(0, b.of)}
	if took := now.Sub(b.started).Seconds(); took > 0 {
		p.Rate = float64(p.Events-b.from) / took
	}
	if p.Of > p.Events && p.Rate > 0 {
		p.Left = float64(p.Of-p.Events) / p.Rate
	}
	b.note(&p)
	if b.progress != nil {
		b.progress(p)
	}
}

// note shows a progress in Status.
func (f *Fold) note(p *Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rebuild = p
}
