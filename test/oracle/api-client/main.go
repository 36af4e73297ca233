// Command api-client reads all that the gateway's API tells with Prometheus' own Go client, and prints it as one JSON object.
// It ends with status 1 where the client does not understand an answer.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
)

func main() {
	client, err := api.NewClient(api.Config{Address: os.Args[1]})
	if err != nil {
		fail("client", err)
	}
	asked := v1.NewAPI(client)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	told := map[string]any{}
	tell(told, "targets", func() (any, error) { return asked.Targets(ctx) })
	tell(told, "targetsMetadata", func() (any, error) { return asked.TargetsMetadata(ctx, "{}", "", "") })
	tell(told, "metadata", func() (any, error) { return asked.Metadata(ctx, "", "") })
	tell(told, "config", func() (any, error) { return asked.Config(ctx) })
	tell(told, "flags", func() (any, error) { return asked.Flags(ctx) })
	tell(told, "buildinfo", func() (any, error) { return asked.Buildinfo(ctx) })
	tell(told, "runtimeinfo", func() (any, error) { return asked.Runtimeinfo(ctx) })
	_, refused := asked.TargetsMetadata(ctx, "{", "", "")
	told["refused"] = fmt.Sprint(refused)
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		fail("output", err)
	}
}

func tell(told map[string]any, name string, ask func() (any, error)) {
	answer, err := ask()
	if err != nil {
		fail(name, err)
	}
	told[name] = answer
}

func fail(what string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	os.Exit(1)
}
