# docker build -t ply . && docker run --rm -p 8080:8080 -v ply:/data ply
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /ply . && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /ply /ply
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV PLY_ADDR=:8080 PLY_DATA=/data
EXPOSE 8080
VOLUME /data
ENTRYPOINT ["/ply"]
