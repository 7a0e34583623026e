import { load as antrea } from './antrea/modelled?packed';
import { load as ciscoAci } from './cisco-aci/modelled?packed';
import type { LoadedFiles } from './files.browser.ts';
import { madeLater } from './madeLater.browser.ts';
import { load as ovnKubernetes } from './ovn-kubernetes/recorded?packed';
import { load as ovsDpdk } from './ovs-dpdk/modelled?packed';
import type { Scenario } from './scenario.ts';
import { withoutLines } from './withoutLines.ts';

const folders: Readonly<Record<string, () => Promise<Readonly<Record<string, string>>>>> = {
  'antrea/modelled': antrea,
  'cisco-aci/modelled': ciscoAci,
  'ovn-kubernetes/recorded': ovnKubernetes,
  'ovs-dpdk/modelled': ovsDpdk,
};

/** Lists of the lines that a state does not have, each fetched when it is asked for. */
const lists = import.meta.glob<string>('./ovn-kubernetes/*.txt', { query: '?raw', import: 'default' });

/** Dumps that are large, or seldom opened; undefined where the folder is none of them. */
export async function loadPacked({ source }: Scenario, params: Readonly<Record<string, string>>): Promise<LoadedFiles | undefined> {
  if (source.kind !== 'dumps') return undefined;
  const load = folders[source.folder(params)];
  if (!load) return undefined;
  const without = source.without?.(params);
  if (without === undefined) return madeLater(await load());
  const list = lists[`./${without}`];
  if (!list) throw new Error(`no file ${without}`);
  const [files, text] = await Promise.all([load(), list()]);
  return madeLater(withoutLines(files, text));
}
