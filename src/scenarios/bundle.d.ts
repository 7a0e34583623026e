/** A folder of dumps, packed at build time by scripts/viteBundle.ts. */
declare module '*?bundle' {
  import type { ClusterNames } from '../world/world.ts';

  /** Its files (path → text), and what its Kubernetes objects name, read at build time so that the first view needs no YAML parser. The same object each time. */
  export const load: () => Promise<{ readonly files: Readonly<Record<string, string>>; readonly names: ClusterNames }>;
}
