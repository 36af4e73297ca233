/** A configuration whose texts mean something else to YAML when they are written without care. */
export const NASTY_CONFIG = `scrape_configs:
  - job_name: "yes"
    metrics_path: "# no comment"
    params: { "1": ["~", "null", "", " lead", "a: b", "!tag", "&a", "*a", "- x", "0x10", "1e3", "2026-01-02", "=", "<<"] }
    static_configs:
      - targets: ["on", "[::1]:80", "{a}", "'q'", '"q"', "a\\nb", "\\u0085\\u2028", "grüße"]
        labels: { y: "y", n: "off", empty: "", z: "1:30", t: "%", u: "@", v: "\`" }
    relabel_configs:
      - { source_labels: [y, n], regex: "(.*);(?P<x>a|b)\\\\d+", target_label: "\${x}_$1", replacement: "$$1: #" }
      - { action: keepequal, source_labels: [y], target_label: n }
      - { action: dropequal, source_labels: [y], target_label: n }
      - { action: hashmod, source_labels: [y], modulus: 7, target_label: n }
      - { action: labelmap, regex: "a_(.*)", replacement: "b_$1" }
      - { action: labeldrop, regex: "" }
      - { action: labelkeep, regex: "true" }
      - { action: lowercase, source_labels: [y], target_label: n }
      - { action: uppercase, separator: "", target_label: n }
      - { action: keep, separator: "\\n" }
      - { action: drop, regex: "null", source_labels: [] }
`;
