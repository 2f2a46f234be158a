package load

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Print writes the table: a row a round, and what the baseline comes to.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tmoves/s\tack p50\tp99\tp99.9\tdelivery p50\tp99\tCPU ms per 1,000 moves\tRAM\trefused\t")
	for i := range r.Server {
		if i < len(r.Relay) {
			r.Relay[i].print(t)
		}
		r.Server[i].print(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, f := range r.Server {
		if err := f.printParts(w); err != nil {
			return err
		}
		if f.Watched > 0 {
			fmt.Fprintf(w, "watchers: %d moves, %.0f/s, delivery p50 %v, p99 %v, %d holes", f.Watched, float64(f.Watched)/f.Seconds, f.WatchP50, f.WatchP99, f.Holes)
			if f.CPU > 0 {
				fmt.Fprintf(w, "; %.1f us of server CPU a delivery", f.CPU*1e6/float64(f.Watched))
			}
			if f.Empty > 0 {
				fmt.Fprintf(w, "; %.1f KB of server RAM a socket", float64(f.Memory-f.Empty)/1024/float64(f.Sockets))
			}
			fmt.Fprintln(w)
		}
	}
	if len(r.Relay) > 0 {
		ratios := make([]float64, len(r.Relay))
		for i := range ratios {
			ratios[i] = r.Server[i].PerSecond() / r.Relay[i].PerSecond()
		}
		slices.Sort(ratios)
		fmt.Fprintf(w, "durable moves/s against the relay's: %.2f (median of %d rounds, %.2f to %.2f)\n",
			ratios[len(ratios)/2], len(ratios), ratios[0], ratios[len(ratios)-1])
	}
	return nil
}

func (f Figures) print(w io.Writer) {
	cpu := "-"
	if f.CPU > 0 {
		cpu = fmt.Sprintf("%.0f", f.CPU*1000/(float64(f.Moves)/1000))
	}
	memory := "-"
	if f.Memory > 0 {
		memory = fmt.Sprintf("%d MB", f.Memory>>20)
	}
	fmt.Fprintf(w, "%s\t%.0f\t%v\t%v\t%v\t%v\t%v\t%s\t%s\t%d\t\n", f.Name, f.PerSecond(), f.AckP50, f.AckP99, f.AckP999,
		f.DeliveryP50, f.DeliveryP99, cpu, memory, f.Refused)
}

// printParts tells what each of several processes used.
func (f Figures) printParts(w io.Writer) error {
	if len(f.Parts) < 2 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tcores\tCPU us a move\tRAM\t")
	for _, u := range f.Parts {
		fmt.Fprintf(t, "%s\t%.2f\t%.1f\t%d MB\t\n", u.Part, u.CPU/f.Seconds, u.CPU*1e6/float64(f.Moves), u.Memory>>20)
	}
	return t.Flush()
}
