// Command oracle says of bodies what a Prometheus 2.42 would store of them, and whether expfmt reads them.
//
// It reads frames from the standard input and answers each with one on the standard output, in order. A frame is its
// length (32 bits, little endian, like every number here) and:
//
//	question: flags (8 bits), the limits of labels, of the lengths of their names and of their values (32 each, 0 for
//	          none), number of target labels (16), each a name and a value (16 bits of length and bytes), and the
//	          body, which is the rest.
//	answer:   refused (8), scraped samples (32), samples that were added (32), error (16 bits of length and bytes),
//	          expfmt's error (likewise), and the samples that were added, which are the rest.
//
// A sample is a line: its labels by name, each as name, 0xff, value, 0xff; the bits of its value in hexadecimal; and
// "@" with its timestamp where it has one. A newline of a label value is 0xfe.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

const (
	openMetrics = 1 << iota
	honorLabels
	honorTimestamps
	strict
)

type question struct {
	flags  byte
	limits limits
	target labels.Labels
	body   []byte
}

type answer struct {
	total, added int
	err, strict  string
	samples      bytes.Buffer
}

func main() {
	model.NameValidationScheme = model.LegacyValidation
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		frame, err := readFrame(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "oracle:", err)
			os.Exit(1)
		}
		writeFrame(out, ask(questionOf(frame)))
		// A question that is not here yet may wait for this answer.
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
	out.Flush()
}

func readFrame(in io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.LittleEndian.Uint32(length[:]))
	_, err := io.ReadFull(in, frame)
	return frame, err
}

func questionOf(frame []byte) question {
	q := question{flags: frame[0]}
	for i, limit := range []*uint32{&q.limits.labels, &q.limits.names, &q.limits.values} {
		*limit = binary.LittleEndian.Uint32(frame[1+4*i:])
	}
	count := int(binary.LittleEndian.Uint16(frame[13:]))
	at := 15
	text := func() string {
		length := int(binary.LittleEndian.Uint16(frame[at:]))
		at += 2 + length
		return string(frame[at-length : at])
	}
	for range count {
		name := text()
		q.target = append(q.target, labels.Label{Name: name, Value: text()})
	}
	q.target = labels.New(q.target...)
	q.body = frame[at:]
	return q
}

func writeFrame(out *bufio.Writer, a *answer) {
	var frame []byte
	refused := byte(0)
	if a.err != "" {
		refused = 1
	}
	frame = append(frame, refused)
	frame = binary.LittleEndian.AppendUint32(frame, uint32(a.total))
	frame = binary.LittleEndian.AppendUint32(frame, uint32(a.added))
	for _, text := range []string{a.err, a.strict} {
		text = text[:min(len(text), 1000)]
		frame = binary.LittleEndian.AppendUint16(frame, uint16(len(text)))
		frame = append(frame, text...)
	}
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(frame)+a.samples.Len()))
	out.Write(length[:])
	out.Write(frame)
	out.Write(a.samples.Bytes())
}

func ask(q question) *answer {
	a := &answer{}
	if q.flags&strict != 0 {
		a.strict = readStrictly(q.body)
	}
	if err := scrape(q, a); err != nil {
		a.err = err.Error()
		if a.err == "" {
			a.err = "an error without a text"
		}
	}
	return a
}

func readStrictly(body []byte) string {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := parser.TextToMetricFamilies(bytes.NewReader(body)); err != nil {
		return err.Error()
	}
	return ""
}

// scrape does what the scrape loop does with a body, without a storage.
func scrape(q question, a *answer) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	var parser textparse.Parser
	// Label values point into the body.
	body := bytes.Clone(q.body)
	if q.flags&openMetrics != 0 {
		parser = textparse.NewOpenMetricsParser(body)
	} else {
		parser = textparse.NewPromParser(body)
	}
	known := map[string]series{}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		a.total++
		exposed, timestamp, value := parser.Series()
		one, ok := known[string(exposed)]
		if !ok {
			if one, err = seriesOf(parser, q); err != nil {
				return err
			}
			known[string(exposed)] = one
		}
		honored := timestamp != nil && q.flags&honorTimestamps != 0
		// A storage finds a sample too old before it looks at its labels, and the scrape goes on.
		if one.twice != "" && !(honored && *timestamp < 0) {
			return fmt.Errorf("label name %q is not unique", one.twice)
		}
		a.added++
		a.samples.WriteString(one.text)
		a.samples.WriteString(strconv.FormatUint(math.Float64bits(value), 16))
		if honored {
			a.samples.WriteByte('@')
			a.samples.WriteString(strconv.FormatInt(*timestamp, 10))
		}
		a.samples.WriteByte('\n')
	}
}

// A series as it is written, and a label name that it has twice.
type series struct {
	text, twice string
}

func seriesOf(parser textparse.Parser, q question) (series, error) {
	var own labels.Labels
	parser.Metric(&own)
	all := joinLabels(own, q.target, q.flags&honorLabels != 0)
	if !all.Has(labels.MetricName) {
		return series{}, errors.New("a sample without a name")
	}
	if !all.IsValid() {
		return series{}, errors.New("invalid metric name or label names")
	}
	if err := q.limits.check(all); err != nil {
		return series{}, err
	}
	all = all.WithoutEmpty()
	twice, _ := all.HasDuplicateLabelNames()
	var text []byte
	for _, label := range all {
		text = append(text, label.Name...)
		text = append(text, 0xff)
		text = append(text, bytes.ReplaceAll([]byte(label.Value), []byte{'\n'}, []byte{0xfe})...)
		text = append(text, 0xff)
	}
	return series{string(text), twice}, nil
}
