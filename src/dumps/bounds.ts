/** Limits on input that comes from strangers. What goes beyond is left out and reported, never fatal. */
export const BOUNDS = {
  /** Bytes of an archive after decompression. */
  unpackedBytes: 64 * 1024 * 1024,
  files: 20_000,
  /** Path of a file in a bundle, in characters. */
  pathLength: 1_024,
  /** Lines read of all files together. */
  lines: 2_000_000,
  /** Outputs of commands in one file; prompts behind that many are read as output. */
  sectionsPerFile: 20_000,
  /** Characters of one line; a longer one is not read. */
  lineLength: 65_536,
  hosts: 1_000,
  netnsPerHost: 2_000,
  diagnostics: 1_000,
  /** Documents of Kubernetes objects, and characters of YAML that are read at all. */
  objects: 50_000,
  yamlLength: 16 * 1024 * 1024,
} as const;
