package fold

// cache remembers the rows read and written last: those of the games that are being played, which each of their events
// asks for. It keeps between limit/2 and limit of them, in two generations, of which the older is dropped when the younger
// is full. Only the fold uses it, and the fold is the only one who writes to the folder.
type cache struct {
	young, old map[string][]byte // nil = there is no such row
	limit      int
}

// cacheRows is how many rows a view remembers; rows have some 100 to 400 bytes.
const cacheRows = 16 << 10

func newCache(limit int) *cache {
	return &cache{young: make(map[string][]byte), limit: limit}
}

func (c *cache) get(key string) (value []byte, known bool) {
	if value, known = c.young[key]; known {
		return value, true
	}
	if value, known = c.old[key]; known {
		c.set(key, value)
	}
	return value, known
}

func (c *cache) set(key string, value []byte) {
	if _, known := c.young[key]; !known && len(c.young) >= c.limit/2 {
		c.old, c.young = c.young, make(map[string][]byte)
	}
	c.young[key] = value
}
