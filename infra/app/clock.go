package app

import "time"

// now is the wall clock as the parts of a server are given it. It says when something was, for people and for what is due
// on a day; players' time is the live clock's, and what is only waited for needs neither. (The tests of jumping clocks
// compile this file otherwise.)
func now() time.Time { return time.Now() }

// wall is now in Unix ms.
func wall() int64 { return now().UnixMilli() }
