import type { Because } from '../because.ts';
import { Paper } from './paper.ts';

/** The ipsets of one namespace, in the spelling of `ipset save`. */
export class Sets {
  readonly #sets = new Map<string, { readonly create: string; readonly because: Because | undefined; readonly members: Map<string, Because | undefined> }>();

  /** `type` is what stands behind the name in the `create` line: `hash:ip,port family inet hashsize 1024 maxelem 65536`. */
  create(name: string, type: string, because?: Because): void {
    if (!this.#sets.has(name)) this.#sets.set(name, { create: type, because, members: new Map() });
  }

  /** A member as `ipset save` spells it: `10.0.0.1,tcp:80`. The set must exist. */
  add(name: string, member: string, because?: Because): void {
    const set = this.#sets.get(name);
    if (!set) throw new Error(`no ipset ${name}`);
    if (!set.members.has(member)) set.members.set(member, because);
  }

  remove(name: string, member: string): boolean {
    return this.#sets.get(name)?.members.delete(member) ?? false;
  }

  has(name: string): boolean {
    return this.#sets.has(name);
  }

  size(name: string): number {
    return this.#sets.get(name)?.members.size ?? 0;
  }

  print(): Paper {
    const paper = new Paper();
    for (const [name, { create, because, members }] of this.#sets) {
      paper.add(`create ${name} ${create}`, because);
      for (const [member, why] of members) paper.add(`add ${name} ${member}`, why);
    }
    return paper;
  }
}
