import { describe, expect, it, vi } from 'vitest';
import { parseBundle } from '../../dumps/bundle.ts';
import { trace } from '../../engine/trace.ts';
import { scenarios } from '../../scenarios/catalogue.ts';
import { readFolder } from '../../scenarios/files.node.ts';
import { readProbe } from '../../share/probeWords.ts';
import { bundleFolders } from '../../../scripts/viteBundle.ts';

const folder = new URL('../../scenarios/ipvs-metallb/cluster', import.meta.url).pathname;
const { world } = parseBundle(readFolder(folder));
const [first] = scenarios[0].probes;
const probeOf = (to: string) => {
  const read = readProbe(world, { from: first.from, via: undefined, to, proto: first.proto, sport: undefined, size: undefined });
  if (!read.ok) throw new Error(read.problem.code);
  return read.value;
};

/** What the build writes beside the scripts. */
function shipped(): { readonly walk: unknown } {
  let asset = '';
  const plugin = bundleFolders();
  const hook = plugin.load;
  const load = typeof hook === 'function' ? hook : hook?.handler;
  const config = plugin.configResolved;
  const configured = typeof config === 'function' ? config : config?.handler;
  void configured?.call({} as never, { command: 'build' } as never);
  void load?.call({ addWatchFile: () => undefined, emitFile: ({ source }: { source: string }): string => {
      asset = source;
      return 'a';
    } } as never, `${folder}?bundle`);
  return JSON.parse(asset) as { readonly walk: unknown };
}

describe('the engine comes behind the first picture', () => {
  it('the walk that travels with a scenario is the engine’s own answer', () => {
    expect(shipped().walk).toEqual(JSON.parse(JSON.stringify(trace(world, probeOf(first.to)))));
  });

  it('knows that walk and no other until it is loaded, and then computes all', async () => {
    vi.resetModules();
    const { isEngineLoaded, knowWalk, loadEngine, walk } = await import('./engine.ts');
    const known = trace(world, probeOf(first.to));
    knowWalk(world, known);
    expect(walk(world, probeOf(first.to), {})).toBe(known);
    expect(() => walk(world, probeOf('172.19.100.1:80'), {})).toThrow('not loaded');
    expect(() => walk(world, probeOf(first.to), { 'cy01-ceph142/ipvs-rr': 1 })).toThrow('not loaded');
    await loadEngine();
    expect(isEngineLoaded()).toBe(true);
    expect(walk(world, probeOf('172.19.100.1:80'), {}).outcomes[0]?.request.verdict).toBe('delivered');
    expect(walk(world, probeOf(first.to), {})).not.toBe(known);
  });
});
