import type { SourceRef } from '../../world/source.ts';
import type { Because } from '../because.ts';

/** One Kubernetes object as JSON, with the place where it stands and where each of its fields does. */
export interface KubeDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly value: unknown;
  readonly source: SourceRef;
  /** Line of the innermost part of a path that the object has: `at('spec', 'ports', 0, 'port')`. */
  readonly at: (...path: readonly (string | number)[]) => SourceRef;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {});

/** The value at a path of fields; undefined where one is missing. */
export const field = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (Object.hasOwn(fieldsOf(inner), key) ? fieldsOf(inner)[key] : undefined), value);

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);

/** Text that is not empty. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

export const textsOf = (value: unknown): readonly string[] => listOf(value).filter((v): v is string => typeof v === 'string' && v !== '');

/** A map of texts, such as labels; numbers and booleans as they would be quoted. */
export const labelsOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fieldsOf(value)).flatMap(([key, v]) => (typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean' ? [[key, String(v)]] : [])));

export const becauseOf = (document: Pick<KubeDocument, 'kind' | 'namespace' | 'name' | 'source'>, part?: string): Because => ({
  kind: document.kind,
  namespace: document.namespace,
  name: document.name,
  source: document.source,
  ...(part === undefined ? {} : { part }),
});
