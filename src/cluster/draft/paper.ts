import { commandKind, type Section } from '../../dumps/section.ts';
import type { Because } from '../because.ts';

/** Lines as a command prints them, each with the object that made it. Lines may hold line breaks; each of their lines has the reason. */
export class Paper {
  readonly #lines: string[] = [];
  readonly #reasons: (Because | undefined)[] = [];
  readonly #sections: { readonly command: string; readonly from: number; readonly to: number }[] = [];

  add(text: string, because?: Because): void {
    if (text.includes('\n')) for (const line of text.split('\n')) this.#push(line, because);
    else this.#push(text, because);
  }

  #push(line: string, because: Because | undefined): void {
    this.#lines.push(line);
    this.#reasons.push(because);
  }

  addAll(other: Paper): void {
    for (let i = 0; i < other.#lines.length; i++) {
      this.#lines.push(other.#lines[i] ?? '');
      this.#reasons.push(other.#reasons[i]);
    }
  }

  /** A section of a bundle: the command at a prompt, its output, an empty line. Nothing when it printed nothing, unless that says something, too (`always`). */
  section(command: string, output: Paper, always = false): void {
    if (output.#lines.length === 0 && !always) return;
    this.add(`$ ${command}`);
    const from = this.#lines.length;
    this.addAll(output);
    this.#sections.push({ command, from, to: this.#lines.length });
    this.add('');
  }

  /** Its sections, as they are found in the text again. */
  sections(input: string, host: string, netns: string | null): readonly Section[] {
    return this.#sections.map(({ command, from, to }) => ({ input, host, netns, command, firstLine: from + 1, lines: this.#lines.slice(from, to), kind: commandKind(command).kind }));
  }

  get text(): string {
    return this.#lines.length === 0 ? '' : `${this.#lines.join('\n')}\n`;
  }

  /** By line, from 0. */
  get reasons(): readonly (Because | undefined)[] {
    return this.#reasons;
  }
}
