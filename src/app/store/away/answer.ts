import { type ClusterWorld, worldOf } from '../../../cluster/world.ts';
import { yamlFiles } from '../../../cluster/edit/form.ts';
import { yamlProblems } from '../../../cluster/edit/problems.ts';
import type { Trace } from '../../../engine/trace-types.ts';
import { trace, traceAll } from '../../../engine/trace.ts';
import { labProbe, labScript } from '../../../export/lab/lab.ts';
import type { Files } from '../../../share/packed.ts';
import { type ProbeWords, readProbe } from '../../../share/probeWords.ts';
import type { World } from '../../../world/world.ts';
import { firstProbe } from '../offers.ts';
import type { YamlFault } from '../parser.ts';
import { folderOf, plainWorld } from './plain.ts';
import type { Answer, CompiledText, Outcomes, Question, WalkAnswer } from './protocol.ts';

/** Compiles and walks, and keeps the last good world between questions. Without a worker around it, so that it has tests. */
export class Answerer {
  #files: Files | undefined;
  #last: Files | undefined;
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

  #walk({ files, words: asked, choices, fresh, last }: Extract<Question, { kind: 'walk' }>): WalkAnswer {
    const faults = yamlFiles(files).flatMap((file) => yamlProblems(files[file] ?? '').map((p): YamlFault => ({ ...p, file })));
    if (fresh) this.#forget(last);
    const made = this.#take(files, faults.length > 0);
    const { world } = made;
    const words = asked ?? firstProbe(world);
    const probe = words && readProbe(world, words);
    const result = probe?.ok ? walked(() => trace(world, probe.value, choices)) : ({ kind: 'words', problem: probe?.problem ?? { field: 'from', code: 'empty', text: '', offers: [] } } as const);
    const entered = new Set(result.kind === 'trace' ? result.trace.steps.map((s) => folderOf(s.host, s.netns)) : []);
    const paths = Object.keys(made.files).filter((path) => !Object.hasOwn(this.#files ?? {}, path));
    return {
      kind: 'walk', faults, words, result, paths,
      world: plainWorld(made, result.kind === 'trace' ? result.trace : undefined),
      diagnostics: made.diagnostics,
      compiled: [...made.compiled],
      texts: Object.fromEntries(paths.filter((path) => entered.has(path.slice(0, path.lastIndexOf('/')))).map((path) => [path, this.#text(path)])),
    };
  }

  /** Begins anew; should a last good world be needed, it is that of these files. */
  #forget(last: Files | undefined): void {
    this.#files = undefined;
    this.#made = undefined;
    this.#last = last;
  }

  /** The world of the files; the last one while they have faults or describe no machine any more. */
  #take(files: Files, faulty: boolean): ClusterWorld {
    if (faulty) this.#fallBack();
    if (this.#made && (faulty || (this.#files && sameFiles(this.#files, files)))) return this.#made;
    const made = worldOf(files);
    if (made.world.hosts.length === 0) this.#fallBack();
    if (this.#made && made.world.hosts.length === 0) return { ...this.#made, diagnostics: made.diagnostics };
    this.#files = files;
    this.#made = made;
    return made;
  }

  /** Makes the last good world of a cluster that the page had from elsewhere. */
  #fallBack(): void {
    if (this.#made || !this.#last) return;
    this.#files = this.#last;
    this.#made = worldOf(this.#last);
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
