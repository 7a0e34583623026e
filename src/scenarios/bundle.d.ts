/** A folder of dumps, packed at build time by scripts/viteBundle.ts. */
declare module '*?bundle' {
  import type { ParsedWorld } from '../dumps/bundle.ts';
  import type { Trace } from '../engine/trace-types.ts';
  import type { ClusterNames } from '../world/world.ts';

  /** Its files (path → text), what its Kubernetes objects name, the world they make and the first walk in it, made at build time. The same object each time. */
  export const load: () => Promise<{
    readonly files: Readonly<Record<string, string>>;
    readonly names: ClusterNames;
    readonly parsed: Pick<ParsedWorld, 'world' | 'diagnostics'>;
    readonly walk?: Trace;
  }>;
}

/** A folder of dumps whose files alone are kept, compressed, by scripts/viteBundle.ts. */
declare module '*?packed' {
  /** Its files (path → text). The same object each time. */
  export const load: () => Promise<Readonly<Record<string, string>>>;
}
