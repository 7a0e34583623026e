import type { Because } from '../because.ts';

/** Lines as a command prints them, each with the object that made it. Lines may hold line breaks; each of their lines has the reason. */
export class Paper {
  readonly #lines: string[] = [];
  readonly #reasons: (Because | undefined)[] = [];

  add(text: string, because?: Because): void {
    for (const line of text.includes('\n') ? text.split('\n') : [text]) {
      this.#lines.push(line);
      this.#reasons.push(because);
    }
  }

  addAll(other: Paper): void {
    for (let i = 0; i < other.#lines.length; i++) {
      this.#lines.push(other.#lines[i] ?? '');
      this.#reasons.push(other.#reasons[i]);
    }
  }

  /** A section of a bundle: the command at a prompt, its output, an empty line. Nothing when it printed nothing. */
  section(command: string, output: Paper): void {
    if (output.#lines.length === 0) return;
    this.add(`$ ${command}`);
    this.addAll(output);
    this.add('');
  }

  get text(): string {
    return this.#lines.length === 0 ? '' : `${this.#lines.join('\n')}\n`;
  }

  /** By line, from 0. */
  get reasons(): readonly (Because | undefined)[] {
    return this.#reasons;
  }
}
