import type { ClusterWorld } from '../cluster/world.ts';
import type { ParsedWorld } from '../dumps/bundle.ts';
import type { Trace } from '../engine/trace-types.ts';
import type { ClusterNames } from '../world/world.ts';
import type { Scenario } from './scenario.ts';
import { load as ipvsMetallbCluster } from './ipvs-metallb/cluster?bundle';
import { load as ipvsMetallbLocal } from './ipvs-metallb/local?bundle';

export interface LoadedFiles {
  /** `parsed` is made when it is first read, which takes a while. */
  readonly later?: true;
  readonly files: Readonly<Record<string, string>>;
  readonly names: ClusterNames;
  /** What the build parsed; of objects also the compiled machines' texts, and why their lines are there. */
  readonly parsed: Pick<ParsedWorld, 'world' | 'diagnostics'> & Partial<Pick<ClusterWorld, 'files' | 'reasonOf' | 'compiled'>>;
  /** Of the scenario's first probe, by the same engine. */
  readonly walk?: Trace;
}

const folders: Readonly<Record<string, () => Promise<LoadedFiles>>> = {
  'ipvs-metallb/cluster': ipvsMetallbCluster,
  'ipvs-metallb/local': ipvsMetallbLocal,
};

/** The scenario's dumps or objects for these parameters, with the world they make. Rejects when something cannot be fetched. */
export async function loadScenario(scenario: Scenario, params: Readonly<Record<string, string>>): Promise<LoadedFiles> {
  const { source } = scenario;
  if (source.kind === 'objects') return (await import('./objects.browser.ts')).loadObjects(scenario, source.folder, params);
  const load = folders[source.folder(params)];
  if (load) return load();
  const packed = await (await import('./packed.browser.ts')).loadPacked(scenario, params);
  if (!packed) throw new Error(`no dumps for ${source.folder(params)}`);
  return packed;
}
