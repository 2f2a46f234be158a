# docker build -t ply . && docker run --rm -p 8080:8080 -v ply:/data ply
# A cluster: docker compose up
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /ply . && mkdir /data

# Nothing but the binary: no shell, no package manager, no root.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /ply /ply
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV PLY_ADDR=:8080 PLY_DATA=/data
# Players, operators (on loopback unless PLY_ADMIN_ADDR says otherwise), and the protocol of the role store.
EXPOSE 8080 8081 2113
VOLUME /data
# Ready is what a server says of itself; one that drains is not.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["/ply", "health"]
ENTRYPOINT ["/ply"]
