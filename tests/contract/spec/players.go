package spec

import (
	"github.com/plygames/ply/tests/harness"
)

// players asks about the two people of the run. They are guests, so there is nothing rated.
func (c *checker) players() {
	c.t.Helper()
	ann := c.must(200, "GET /api/me", "/api/me", c.ann, "")["player"].(string)
	bob := c.must(200, "GET /api/me", "/api/me", c.bob, "")["player"].(string)
	const profile, ratings, versus, top = "GET /api/players/{player}", "GET /api/players/{player}/ratings",
		"GET /api/players/{player}/versus/{other}", "GET /api/leaderboards/{kind}"
	harness.Eventually(c.t, patience, "the view knows the two people", func() bool {
		status, _ := c.ask(versus, "/api/players/"+ann+"/versus/"+bob, "", "")
		return status == 200
	})
	c.must(200, "GET /api/players", "/api/players?name=an&limit=5", "", "")
	c.must(422, "GET /api/players", "/api/players?name=", "", "")
	c.must(200, profile, "/api/players/"+ann, "", "")
	c.must(200, ratings, "/api/players/"+ann+"/ratings", c.ann, "")
	c.must(200, ratings, "/api/players/"+ann+"/ratings?kind=chess&class=blitz&limit=5", "", "")
	c.must(200, top, "/api/leaderboards/chess", "", "")
	c.must(200, top, "/api/leaderboards/chess?class=rapid&limit=200", c.bob, "")
	c.must(404, profile, "/api/players/nobody", "", "")
	c.must(404, ratings, "/api/players/nobody/ratings", "", "")
	c.must(404, versus, "/api/players/"+ann+"/versus/"+ann, "", "")
	c.must(404, top, "/api/leaderboards/go", "", "")
	c.must(401, profile, "/api/players/"+ann, "x", "")
	for _, query := range []string{"class=fast", "class=", "limit=0", "limit=201", "limit=x", "before=0", "before=x", "kind=",
		"limit=1&limit=2", "class=blitz&class=blitz"} {
		c.must(422, ratings, "/api/players/"+ann+"/ratings?"+query, "", "")
	}
	for _, query := range []string{"class=fast", "class=", "limit=0", "limit=201", "limit=5&limit=5"} {
		c.must(422, top, "/api/leaderboards/chess?"+query, "", "")
	}
}

// erase makes a person nameless, who must then be shown without a name.
func (c *checker) erase() {
	c.t.Helper()
	const erase = "POST /admin/players/{player}/erase"
	o := c.must(201, "POST /api/guests", "/api/guests", "", `{"name":"Eve"}`)
	eve, token := o["player"].(string), o["token"].(string)
	c.must(201, "POST /api/games", "/api/games", token, `{"id":"c","kind":"chess","seat":"white"}`) // the first act records the name
	for range 2 {
		c.must(200, erase, "/admin/players/"+eve+"/erase", "", "")
	}
	c.must(404, erase, "/admin/players/nobody/erase", "", "")
	c.must(401, "GET /api/me", "/api/me", token, "")
}
