package app

import (
	"time"

	"github.com/plygames/ply/infra/metrics"
)

type tmpKafka struct{ *metrics.Bus }

func (tmpKafka) Published(int, time.Duration) {}
func (tmpKafka) Unpublished()                 {}
func (tmpKafka) Oversized()                   {}
func (tmpKafka) Delivered(int, time.Duration) {}
func (tmpKafka) Resubscribed()                {}
