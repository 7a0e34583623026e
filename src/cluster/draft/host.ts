import { NetnsDraft } from './netns.ts';

/** A machine while the programs that run on it fill it in. */
export class HostDraft {
  readonly own = new NetnsDraft(null);
  readonly #netns = new Map<string, NetnsDraft>();

  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** The namespace of that name, made when it is not there; null is the machine's own. */
  netns(name: string | null): NetnsDraft {
    if (name === null) return this.own;
    let netns = this.#netns.get(name);
    if (!netns) {
      netns = new NetnsDraft(name);
      this.#netns.set(name, netns);
    }
    return netns;
  }

  has(name: string): boolean {
    return this.#netns.has(name);
  }

  /** Its own first. */
  get all(): readonly NetnsDraft[] {
    return [this.own, ...this.#netns.values()];
  }
}
