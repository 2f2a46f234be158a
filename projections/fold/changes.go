package fold

// changes are the rows that one event changes, in the order in which it did so first. They are a few, and a list of a few is
// looked through and emptied much faster than a map; there are millions of events.
type changes struct {
	list  []Row          // Value nil = deleted
	index map[string]int // places in list, once it is long
}

// shortList is up to how many rows a list is looked through.
const shortList = 12

// find gives a row's place in the list, -1 if it has not been changed.
func (c *changes) find(key string) int {
	if len(c.list) > shortList {
		if i, ok := c.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range c.list {
		if c.list[i].Key == key {
			return i
		}
	}
	return -1
}

func (c *changes) set(key string, value []byte) {
	if i := c.find(key); i >= 0 {
		c.list[i].Value = value
		return
	}
	c.list = append(c.list, Row{key, value})
	switch n := len(c.list); {
	case n == shortList+1:
		c.index = make(map[string]int, 2*n)
		for i := range c.list {
			c.index[c.list[i].Key] = i
		}
	case n > shortList:
		c.index[key] = n - 1
	}
}

func (c *changes) clear() {
	clear(c.list) // the values are others'
	c.list, c.index = c.list[:0], nil
}
