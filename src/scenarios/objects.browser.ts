import { patchObjects } from '../cluster/patch.ts';
import type { LoadedFiles } from './files.browser.ts';
import { madeLater } from './madeLater.browser.ts';
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
  return madeLater({ 'objects.yaml': patches.reduce(patchObjects, base ?? '') });
}
