package main

import (
	"fmt"
	"slices"
	"sort"

	"github.com/prometheus/prometheus/model/labels"
)

// joinLabels gives a sample the labels of its target as the scrape loop of 2.42 does it. It uses the same builder, whose
// treatment of empty values and of labels that come twice counts.
func joinLabels(own, target labels.Labels, honor bool) labels.Labels {
	builder := labels.NewBuilder(own)
	if honor {
		for _, label := range target {
			if !own.Has(label.Name) {
				builder.Set(label.Name, label.Value)
			}
		}
		return builder.Labels(labels.EmptyLabels())
	}
	var moved []labels.Label
	for _, label := range target {
		if value := own.Get(label.Name); value != "" {
			moved = append(moved, labels.Label{Name: label.Name, Value: value})
		}
		builder.Set(label.Name, label.Value)
	}
	sort.SliceStable(moved, func(i, j int) bool { return len(moved[i].Name) < len(moved[j].Name) })
	for i := range moved {
		taken := func(name string) bool {
			return own.Has(name) || target.Has(name) ||
				slices.ContainsFunc(moved[:i], func(other labels.Label) bool { return other.Name == name })
		}
		name := "exported_" + moved[i].Name
		for taken(name) {
			name = "exported_" + name
		}
		moved[i].Name = name
	}
	for _, label := range moved {
		builder.Set(label.Name, label.Value)
	}
	return builder.Labels(labels.EmptyLabels())
}

// limits are those of a scrape config; 0 is none.
type limits struct {
	labels, names, values uint32
}

func (l limits) check(all labels.Labels) error {
	if l.labels > 0 && all.Len() > int(l.labels) {
		return fmt.Errorf("label_limit exceeded (%d)", all.Len())
	}
	for _, label := range all {
		if l.names > 0 && len(label.Name) > int(l.names) {
			return fmt.Errorf("label_name_length_limit exceeded (%.50s)", label.Name)
		}
		if l.values > 0 && len(label.Value) > int(l.values) {
			return fmt.Errorf("label_value_length_limit exceeded (%.50s)", label.Name)
		}
	}
	return nil
}
