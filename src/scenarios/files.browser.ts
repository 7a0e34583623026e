import type { ClusterNames } from '../world/world.ts';
import type { Scenario } from './catalogue.ts';

export interface LoadedFiles {
  readonly files: Readonly<Record<string, string>>;
  readonly names: ClusterNames;
}

/** One chunk a folder, fetched when it is asked for. */
const folders: Readonly<Record<string, () => Promise<LoadedFiles>>> = {
  'ipvs-metallb/cluster': () => import('./ipvs-metallb/cluster?bundle'),
  'ipvs-metallb/local': () => import('./ipvs-metallb/local?bundle'),
};

/** The scenario's dumps for these parameters. Rejects when the file cannot be fetched. */
export async function loadScenario(scenario: Scenario, params: Readonly<Record<string, string>>): Promise<LoadedFiles> {
  const load = folders[scenario.folder(params)];
  if (!load) throw new Error(`no dumps for ${scenario.folder(params)}`);
  return load();
}
