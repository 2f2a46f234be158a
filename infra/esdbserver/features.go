package esdbserver

import (
	"context"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/peer"

	"github.com/plygames/ply/domain/event"
)

// features tells clients what there is.
type features struct {
	serverfeatures.UnimplementedServerFeaturesServer
	version string
}

// GetSupportedMethods lists what is served. Clients ask for nothing that is not in the list.
func (f features) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	var methods []*serverfeatures.SupportedMethod
	for _, m := range [][2]string{
		{"event_store.client.streams.streams", "append"},
		{"event_store.client.streams.streams", "delete"},
		{"event_store.client.streams.streams", "read"},
		{"event_store.client.streams.streams", "tombstone"},
		{"event_store.client.gossip.gossip", "read"},
		{"event_store.client.server_features.serverfeatures", "getsupportedmethods"},
	} {
		methods = append(methods, &serverfeatures.SupportedMethod{ServiceName: m[0], MethodName: m[1]})
	}
	return &serverfeatures.SupportedMethods{Methods: methods, EventStoreServerVersion: f.version}, nil
}

// members tells clients that look for a cluster that there is one node, which leads.
type members struct {
	gossip.UnimplementedGossipServer
	advertise string
	id        event.ID
}

// Read names the one member by the address to advertise, else by the one that the client came to.
func (m members) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	address := m.advertise
	if p, ok := peer.FromContext(ctx); ok && address == "" && p.LocalAddr != nil {
		address = p.LocalAddr.String()
	}
	host, port, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	return &gossip.ClusterInfo{Members: []*gossip.MemberInfo{{
		InstanceId: structured(m.id), TimeStamp: time.Now().UnixNano() / int64(tick),
		State: gossip.MemberInfo_Leader, IsAlive: true,
		HttpEndPoint: &gossip.EndPoint{Address: host, Port: port},
	}}}, nil
}
