import { patchObjects } from '../cluster/patch.ts';
import { type ClusterWorld, worldOf } from '../cluster/world.ts';
import type { LoadedFiles } from './files.browser.ts';
import { patchesOf, type Scenario } from './scenario.ts';

/** Objects and patches of every scenario, each fetched when it is asked for. */
const texts = import.meta.glob<string>('./*/*.yaml', { query: '?raw', import: 'default' });

async function text(path: string): Promise<string> {
  const load = texts[path];
  if (!load) throw new Error(`no file ${path}`);
  return load();
}

/** The objects of a scenario for these parameters, and the world that they compile to. */
export async function loadObjects(scenario: Scenario, folder: string, params: Readonly<Record<string, string>>): Promise<LoadedFiles> {
  const [base, ...patches] = await Promise.all(['objects.yaml', ...patchesOf(scenario, params)].map((file) => text(`./${folder}/${file}`)));
  const files = { 'objects.yaml': patches.reduce(patchObjects, base ?? '') };
  let made: ClusterWorld | undefined;
  const compiled = (): ClusterWorld => (made ??= worldOf(files));
  // The page compiles away from its own thread and needs the files alone.
  return {
    files,
    get parsed() {
      return compiled();
    },
    get names() {
      return compiled().world.names;
    },
  };
}
