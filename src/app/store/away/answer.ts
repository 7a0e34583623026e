import { type ClusterWorld, worldOf } from '../../../cluster/world.ts';
import { yamlFiles } from '../../../cluster/edit/form.ts';
import { yamlProblems } from '../../../cluster/edit/problems.ts';
import type { Trace } from '../../../engine/trace-types.ts';
import { trace, traceAll } from '../../../engine/trace.ts';
import { labProbe, labScript } from '../../../export/lab/lab.ts';
import type { Files } from '../../../share/packed.ts';
import { type ProbeWords, readProbe } from '../../../share/probeWords.ts';
import type { Host, Netns, World } from '../../../world/world.ts';
import { firstProbe } from '../offers.ts';
import type { YamlFault } from '../parser.ts';
import type { Answer, CompiledText, Outcomes, Question, WalkAnswer } from './protocol.ts';

/** Compiles and walks, and keeps the last good world between questions. Without a worker around it, so that it has tests. */
export class Answerer {
  #files: Files | undefined;
  #made: ClusterWorld | undefined;

  answer(question: Question): Answer {
    switch (question.kind) {
      case 'walk':
        return this.#walk(question);
      case 'outcomes':
        return { kind: 'outcomes', outcomes: this.#outcomes(question.words) };
      case 'lab': {
        const probe = readProbe(this.#world, question.words);
        return { kind: 'lab', lab: labScript(this.#world, probe.ok ? labProbe(probe.value) : {}) };
      }
      case 'text':
        return { kind: 'text', text: this.#text(question.path) };
    }
  }

  get #world(): World {
    return this.#made?.world ?? { hosts: [], segments: [], names: { pods: [], services: [], nodes: [] } };
  }

  #walk({ files, words: asked, choices, fresh }: Extract<Question, { kind: 'walk' }>): WalkAnswer {
    const faults = yamlFiles(files).flatMap((file) => yamlProblems(files[file] ?? '').map((p): YamlFault => ({ ...p, file })));
    const made = this.#take(files, fresh, faults.length > 0);
    const { world } = made;
    const words = asked ?? firstProbe(world);
    const probe = words && readProbe(world, words);
    const result = probe?.ok ? walked(() => trace(world, probe.value, choices)) : ({ kind: 'words', problem: probe?.problem ?? { field: 'from', code: 'empty', text: '', offers: [] } } as const);
    const entered = new Set(result.kind === 'trace' ? result.trace.steps.map((s) => folderOf(s.host, s.netns)) : []);
    const paths = Object.keys(made.files).filter((path) => !Object.hasOwn(this.#files ?? {}, path));
    return {
      kind: 'walk', faults, words, result, paths,
      world: withFirewallsOf(world, entered),
      diagnostics: made.diagnostics,
      compiled: [...made.compiled],
      texts: Object.fromEntries(paths.filter((path) => entered.has(path.slice(0, path.lastIndexOf('/')))).map((path) => [path, this.#text(path)])),
    };
  }

  /** The world of the files; the last one while they have faults or describe no machine any more. */
  #take(files: Files, fresh: boolean, faulty: boolean): ClusterWorld {
    const before = fresh ? undefined : this.#made;
    if (before && this.#files && (faulty || sameFiles(this.#files, files))) return before;
    const made = worldOf(files);
    if (before && made.world.hosts.length === 0) return { ...before, diagnostics: made.diagnostics };
    this.#files = files;
    this.#made = made;
    return made;
  }

  #outcomes(words: ProbeWords): Outcomes | undefined {
    const probe = readProbe(this.#world, words);
    return probe.ok ? traceAll(this.#world, probe.value) : undefined;
  }

  #text(path: string): CompiledText {
    const made = this.#made;
    const text = made && Object.hasOwn(made.files, path) ? (made.files[path] ?? '') : '';
    return { text, reasons: text.split('\n').map((_, i) => made?.reasonOf({ input: path, line: i + 1 })) };
  }
}

const walked = (walk: () => Trace): WalkAnswer['result'] => {
  try {
    return { kind: 'trace', trace: walk() };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
};

const sameFiles = (a: Files, b: Files): boolean => {
  const paths = Object.keys(a);
  return paths.length === Object.keys(b).length && paths.every((path) => a[path] === b[path]);
};

/** Where the files of a namespace lie in a bundle. */
const folderOf = (host: string, netns: string | null): string => (netns === null ? host : `${host}/netns/${netns}`);

/**
 * Plain data of a world whose firewalls are made when they are looked at: only those of the namespaces that are named are looked at, so
 * that the others need not be made.
 */
function withFirewallsOf(world: World, entered: ReadonlySet<string>): World {
  const plain = (host: Host, netns: Netns): Netns => (entered.has(folderOf(host.name, netns.name)) ? { ...netns } : bare(netns));
  return { ...world, hosts: world.hosts.map((host) => ({ ...host, netns: host.netns.map((netns) => plain(host, netns)) })) };
}

const FIREWALL: ReadonlySet<string> = new Set(['tables', 'ipsets', 'ipvs'] satisfies readonly (keyof Netns)[]);

/** A namespace without its firewall. */
function bare(netns: Netns): Netns {
  const rest = Object.fromEntries(Object.keys(netns).filter((key) => !FIREWALL.has(key)).map((key) => [key, netns[key as keyof Netns]])) as Omit<Netns, 'tables' | 'ipsets' | 'ipvs'>;
  return { ...rest, tables: undefined, ipsets: [], ipvs: [] };
}
