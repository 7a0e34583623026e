import { labAway, isAway, outcomesAway } from './away/away.ts';
import type { Outcomes } from './away/protocol.ts';
import type { Loaded } from './state.ts';

/** Every way that chance allows for the packet on the page; undefined when it cannot start. */
export async function outcomesOf({ files, words, parsed, result }: Loaded): Promise<Outcomes | undefined> {
  if (result.kind !== 'walk') return undefined;
  if (isAway(files)) return outcomesAway(words);
  return (await import('../../engine/trace.ts')).traceAll(parsed.world, result.walk.trace.probe);
}

/** The script that rebuilds the world on the page. */
export async function labOf({ files, words, parsed, result }: Loaded) {
  if (isAway(files)) return labAway(words);
  const { labProbe, labScript } = await import('../../export/lab/lab.ts');
  return labScript(parsed.world, result.kind === 'walk' ? labProbe(result.walk.trace.probe) : {});
}
