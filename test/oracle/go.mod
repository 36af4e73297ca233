// The reader that the fuzzer compares with: Prometheus 2.42's, and the strict one that promtool and Telegraf have.
module kubevirt-metrics-gateway/test/oracle

go 1.26.0

require (
	github.com/prometheus/common v0.72.1
	github.com/prometheus/prometheus v0.42.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/grafana/regexp v0.0.0-20221122212121-6b5c0a4cb7fd // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/prometheus/client_model v0.6.3 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
