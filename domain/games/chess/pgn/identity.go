package pgn

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Key is what a game says of itself: its tags, moves with their times, and result. Two games with one key are the same
// game; how the text is laid out, comments and variations are no part of it.
func (g *Game) Key() string {
	names := make([]string, 0, len(g.Tags))
	for name := range g.Tags {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(strconv.Quote(name) + strconv.Quote(g.Tags[name]))
	}
	for _, m := range g.Moves {
		b.WriteString(" " + m.UCI)
		if m.Clock >= 0 || m.Elapsed >= 0 {
			b.WriteString(":" + strconv.FormatInt(m.Clock, 10) + ":" + strconv.FormatInt(m.Elapsed, 10))
		}
	}
	b.WriteString(" " + g.Result)
	return b.String()
}

// Began is when the game began by its tags, in Unix ms: as exactly as they tell, the first of January if only the year is
// known, 0 if not even that.
func (g *Game) Began() int64 {
	for _, tags := range [][2]string{{"UTCDate", "UTCTime"}, {"Date", "Time"}, {"EventDate", ""}} {
		parts := strings.Split(g.Tags[tags[0]], ".")
		year, err := strconv.Atoi(parts[0])
		if err != nil || year < 1 || year > 9999 {
			continue
		}
		month, day := 1, 1
		if len(parts) > 1 {
			if n, err := strconv.Atoi(parts[1]); err == nil && n >= 1 && n <= 12 {
				month = n
				if len(parts) > 2 {
					if n, err := strconv.Atoi(parts[2]); err == nil && n >= 1 && n <= 31 {
						day = n
					}
				}
			}
		}
		at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		if clock, err := time.Parse(time.TimeOnly, g.Tags[tags[1]]); tags[1] != "" && err == nil {
			at = at.Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute + time.Duration(clock.Second())*time.Second)
		}
		return at.UnixMilli()
	}
	return 0
}
