/** Label names with their values, as discovered. Empty values count as absent. */
export type LabelSet = Readonly<Record<string, string>>;

/** Targets of one source with the labels that all of them have. A target's own label wins over its group's. */
export interface TargetGroup {
  /** Where the group comes from, for messages: a Kubernetes object, a file, a place in the configuration. */
  readonly source: string;
  readonly labels: LabelSet;
  readonly targets: readonly LabelSet[];
}
