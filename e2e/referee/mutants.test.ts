import { describe, expect, it } from 'vitest';
import { mutants, mutated } from './mutants.ts';

describe('mutants', () => {
  it.each(mutants.map((m) => [m.name, m] as const))('%s has its place in the engine, once, and changes it', (_, mutant) => {
    expect(mutated(mutant)).toContain(mutant.replace);
  });

  it('are ten at least, each with a name of its own', () => {
    expect(new Set(mutants.map((m) => m.name)).size).toBeGreaterThanOrEqual(10);
  });
});
