/** A folder of dumps, packed at build time by scripts/viteBundle.ts. */
declare module '*?bundle' {
  import type { ClusterNames } from '../world/world.ts';

  export const files: Readonly<Record<string, string>>;
  /** What the folder's Kubernetes objects name, read at build time so that the first view needs no YAML parser. */
  export const names: ClusterNames;
}
