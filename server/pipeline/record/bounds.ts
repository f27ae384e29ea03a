/**
 * Bounds of user pipelines. A pipeline beyond one of the first group is refused when it is saved; a line beyond one of
 * the second makes its stage fail, which marks the line and passes it on.
 */
export const pipelineBounds = {
  /** Pipelines of one tenant, those of the configuration not counted. */
  pipelinesPerTenant: 50,
  stagesPerPipeline: 50,
  /** Bytes of a pipeline written as YAML or JSON. */
  definitionBytes: 256 * 1024,
  /** Characters of a regular expression, grok or dissect pattern as written. */
  patternLength: 4096,
  /** Characters of a grok pattern with all that it names put in. */
  expandedPatternLength: 32_768,
  /** Instructions of a compiled regular expression: its memory and its cost per character. */
  patternInstructions: 20_000,
  /** Captures of one pattern. */
  captures: 64,
  /** Patterns of one grok or redact stage. */
  patternsPerStage: 16,
  /** Definitions of a grok stage's own. */
  grokDefinitions: 64,
  /** Conditions of one `all`, `any` or `none`. */
  conditions: 20,
  /** Entries of one `one_of`. */
  values: 200,
  /** Fields that one stage names; columns of one CSV line. */
  fieldsPerStage: 64,
  /** Characters of the name of a field. */
  fieldNameLength: 256,
  /** Characters of a text in a definition: a value, a template, a description. */
  textLength: 4096,
  /** Metrics of one tenant that are made of log lines. */
  metricsPerTenant: 100,
  metricLabels: 8,
  histogramBuckets: 40,

  /** Attributes of one line; a stage does not add more. */
  attributesPerLine: 256,
  /** Characters of a text that a stage parses. Redacting has no such bound: it looks at the whole. */
  parsedLength: 65_536,
  /** Levels of objects in JSON that become dotted keys; what lies deeper stays JSON. */
  jsonDepth: 8,
  /** Characters of a value that a template makes; what is longer is cut. */
  madeLength: 65_536,
  /** Series of one metric; lines that would make more are counted in one series more, labelled `overflow="true"`. */
  seriesPerMetric: 1_000,
  /** Characters of a label's value; what is longer is cut. */
  labelLength: 256,
  /** Characters of the mark that a failed stage leaves on its line. */
  markLength: 256,

  /** CPU time that a dry run spends on measuring, ms. */
  dryRunMeasureMs: 50,
} as const
