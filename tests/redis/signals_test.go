package redis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/infra/redis"
	"github.com/plygames/ply/tests/harness"
)

func TestTheTwoSeatsSitOnTwoServersAndWatchersOnAThird(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b, c := s.start("a"), s.start("b"), s.start("c")
	ann := a.dial("/play/"+id, "t-ann")
	bob := b.dial("/play/"+id, "t-bob")
	eve := c.dial("/watch/"+id, "")
	for _, p := range []*peer{ann, bob, eve} {
		p.sees(both, 1)
	}
	for _, v := range []*server{a, b, c} {
		if v.Absent(id, "white") != game.Present || v.Absent(id, "black") != game.Present {
			t.Error("absent on one of the servers")
		}
	}
	if !a.Holds(id, "white") || a.Holds(id, "black") {
		t.Error("who has whose socket is mixed up")
	}
	late := c.dial("/watch/"+id, "") // the state says it too
	harness.Eventually(t, soon, "the state", func() bool { return late.newest("state", "players") != "" })
	if players := late.newest("state", "players"); strings.Contains(players, "here:false") {
		t.Errorf("state: %s", players)
	}
	a.dial("/watch/"+id, "")
	for _, p := range []*peer{ann, bob, eve, late} {
		p.sees(both, 3)
	}
	late.leave()
	ann.sees(both, 2)
}

func TestASeatThatLeavesIsGoneOnAllServersAndComesBackOnAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b, c := s.start("a"), s.start("b"), s.start("c")
	bob := b.dial("/play/"+id, "t-bob")
	eve := c.dial("/watch/"+id, "")
	ann := a.dial("/play/"+id, "t-ann")
	eve.sees(both, 1)
	for _, v := range []*server{a, b, c} {
		v.settled()
	}
	ann.leave()
	bob.sees(onlyBlack, 1)
	for _, p := range []*peer{bob, eve} {
		harness.Eventually(t, soon, "white is gone", func() bool { return p.newest("gone", "seat") == "white" })
		if claim := p.newest("gone", "claim"); claim != "30000" {
			t.Errorf("claim in %s", claim)
		}
	}
	harness.Eventually(t, soon, "the host can judge a claim", func() bool {
		return b.Absent(id, "white") >= game.GoneAfter && c.Absent(id, "white") >= game.GoneAfter
	})
	c.dial("/play/"+id, "t-ann")
	for _, p := range []*peer{bob, eve} {
		harness.Eventually(t, soon, "white is back", func() bool { return p.newest("gone", "claim") == "<nil>" })
		p.sees(both, 1)
	}
	if b.Absent(id, "white") != game.Present {
		t.Error("absent although it is back")
	}
}

func TestASecondSocketOnAnotherServerKeepsASeat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.start("a"), s.start("b")
	bob := b.dial("/play/"+id, "t-bob")
	first, second := a.dial("/play/"+id, "t-ann"), b.dial("/play/"+id, "t-ann")
	bob.sees(both, 0)
	b.settled()
	first.leave()
	left := time.Now()
	harness.Eventually(t, soon, "somebody could be gone", func() bool { return time.Since(left) > 6*time.Second })
	if lines := bob.all("gone"); len(lines) > 0 {
		t.Errorf("told %s", lines)
	}
	second.leave()
	harness.Eventually(t, soon, "white is gone", func() bool { return bob.newest("gone", "seat") == "white" })
}

func TestWhoSatOnAServerThatDiedIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.start("a"), s.start("b")
	bob := b.dial("/play/"+id, "t-bob")
	a.dial("/play/"+id, "t-ann")
	a.dial("/watch/"+id, "")
	bob.sees(both, 1)
	b.settled()
	a.vanish()
	bob.sees(onlyBlack, 0)
	harness.Eventually(t, soon, "white is gone", func() bool { return bob.newest("gone", "seat") == "white" })
}

func TestWhoNeverCameBackFromADeadServerIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.start("b") // both sat on another server, which died before b heard of them
	b.settled()
	bob := b.dial("/play/"+id, "t-bob")
	harness.Eventually(t, soon, "white is gone", func() bool { return bob.newest("gone", "seat") == "white" })
}

func TestAServerThatStopsSaysGoodbye(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.start("a"), s.start("b", func(c *redis.SignalsConfig, _ *redis.Client) { c.Silence = time.Hour })
	bob := b.dial("/play/"+id, "t-bob")
	a.dial("/play/"+id, "t-ann")
	bob.sees(both, 0)
	a.stop()
	bob.sees(onlyBlack, 0)
}

func TestANewServerLearnsWhatWasSaidBefore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	never := func(c *redis.SignalsConfig, _ *redis.Client) { c.Refresh = time.Hour } // only because it asks
	a, witness := s.start("a", never), s.start("witness", never)
	a.settled()
	a.dial("/play/"+id, "t-ann")
	const another = "lkjihgfedcba"
	s.Create(another, nil)
	a.dial("/watch/"+another, "")
	seen := witness.dial("/watch/"+another, "")
	harness.Eventually(t, soon, "everything is said", func() bool { return seen.newest("crowd", "watchers") == "2" })
	b := s.start("b", never)
	eve := b.dial("/watch/"+id, "")
	eve.sees(onlyWhite, 1)
	other := b.dial("/watch/"+another, "")
	harness.Eventually(t, soon, "three watchers", func() bool { return other.newest("crowd", "watchers") == "3" })
}

func TestNobodyIsGoneBecauseRedisIs(t *testing.T) {
	t.Parallel()
	for name, away := range map[string][2]func(*harness.Redis){
		"killed":  {(*harness.Redis).Kill9, func(r *harness.Redis) { r.Restart() }},
		"frozen":  {(*harness.Redis).Pause, (*harness.Redis).Resume},
		"flushed": {(*harness.Redis).Flush, func(*harness.Redis) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			a, b := s.start("a"), s.start("b")
			ann, bob := a.dial("/play/"+id, "t-ann"), b.dial("/play/"+id, "t-bob")
			bob.sees(both, 0)
			b.settled()
			away[0](s.redis)
			since := time.Now()
			harness.Eventually(t, 2*soon, "a silent server would be dead, and its players gone", func() bool {
				if b.Absent(id, "white") != game.Present || a.Absent(id, "black") != game.Present {
					t.Error("absent because Redis is away")
					return true
				}
				return time.Since(since) > 12*time.Second
			})
			away[1](s.redis)
			ann.leave() // what happens now is told
			bob.sees(onlyBlack, 0)
			harness.Eventually(t, soon, "white is gone", func() bool { return bob.newest("gone", "seat") == "white" })
			if n := len(ann.all("gone")); n > 0 {
				t.Errorf("white was told %s", ann.all("gone"))
			}
			if n := len(bob.all("gone")); n != 1 {
				t.Errorf("black was told %s", bob.all("gone"))
			}
		})
	}
}

func TestWhoLeavesWhileRedisIsAwayMayBeElsewhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.start("a"), s.start("b")
	ann, bob := a.dial("/play/"+id, "t-ann"), b.dial("/play/"+id, "t-bob")
	bob.sees(both, 0)
	ann.sees(both, 0)
	a.settled()
	s.redis.Kill9()
	harness.Eventually(t, soon, "the loss is noticed", func() bool { return a.blind() })
	a.dial("/watch/"+id, "")
	bob.leave()
	again := a.dial("/play/"+id, "t-bob") // moves to the server where white sits; its old server can't tell
	since := time.Now()
	harness.Eventually(t, soon, "somebody could be gone", func() bool { return time.Since(since) > 6*time.Second })
	s.redis.Restart()
	a.settled()
	ann.sees(both, 1)
	if lines := append(ann.all("gone"), again.all("gone")...); len(lines) > 0 {
		t.Errorf("told %s", lines)
	}
	if b.Absent(id, "white") != game.Present {
		t.Error("white is absent on the server that has been alone")
	}
}

func TestARematchIsToldAcrossServers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.start("a"), s.start("b")
	ann, bob := a.dial("/play/"+id, "t-ann"), b.dial("/play/"+id, "t-bob")
	bob.sees(both, 0)
	a.Rematch(id, "white", "nextgame0000")
	harness.Eventually(t, soon, "black is asked", func() bool { return bob.newest("rematch", "game") == "nextgame0000" })
	if lines := ann.all("rematch"); len(lines) > 0 {
		t.Errorf("white hears of its own wish: %s", lines)
	}
	s.redis.Kill9()
	a.Rematch(id, "white", "nextgame0001")
	s.redis.Restart()
	harness.Eventually(t, soon, "black is asked when Redis is back", func() bool { return bob.newest("rematch", "game") == "nextgame0001" })
}
