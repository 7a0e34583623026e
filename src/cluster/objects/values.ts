import { formatIp4, type Ip4, maskOf, parseIp4 } from '../../packet/address.ts';
import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Prefix } from '../../world/world.ts';
import { field, type KubeDocument } from './document.ts';

/** `10.0.0.0/24`; undefined when it is none. Bits behind the prefix are kept. */
export function parseCidr(text: string): Prefix | undefined {
  const [address = '', length, rest] = text.trim().split('/');
  const ip = parseIp4(address);
  const prefixLen = length === undefined ? 32 : /^\d{1,2}$/.test(length) ? Number(length) : -1;
  return ip === undefined || rest !== undefined || prefixLen < 0 || prefixLen > 32 ? undefined : { ip, prefixLen };
}

/** The network of a CIDR, in its canonical spelling. */
export const formatCidr = ({ ip, prefixLen }: Prefix): string => `${formatIp4((ip & maskOf(prefixLen)) >>> 0)}/${prefixLen}`;

export const isInCidr = (ip: Ip4, net: Prefix): boolean => ((ip ^ net.ip) & maskOf(net.prefixLen)) === 0;

/** Whether a text is an address or network of IPv6, which is not compiled yet. */
export const isIp6 = (value: unknown): boolean => typeof value === 'string' && value.includes(':') && /^[0-9a-fA-F:.]+(?:\/\d+)?$/.test(value);

/** Old objects may have leading zeros, which Kubernetes has always read as decimal (ParseIPSloppy() of k8s.io/utils/net). */
const withoutZeros = (text: string): string => text.replaceAll(/\b0+(?=\d)/g, '');

type Path = readonly (string | number)[];

/** Reads fields of one object and reports what cannot be used, each at its line. */
export class Fields {
  readonly document: KubeDocument;
  readonly #found: DiagnosticList;

  constructor(document: KubeDocument, found: DiagnosticList) {
    this.document = document;
    this.#found = found;
  }

  /** Says that the value at a path cannot be used, and what would be right. */
  bad(path: Path, value: unknown, right: string): undefined {
    const shown = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value);
    this.#found.add('bad-field', this.document.at(...path), `${path.map((p) => (typeof p === 'number' ? `[${p}]` : `.${p}`)).join('').slice(1)}: ${(shown ?? 'null').slice(0, 60)} (${right})`);
    return undefined;
  }

  get(...path: readonly string[]): unknown {
    return field(this.document.value, ...path);
  }

  /** One of some words; the first is the default for a missing value and for a wrong one. */
  oneOf<T extends string>(path: readonly string[], words: readonly [T, ...T[]], value: unknown = this.get(...path)): T {
    if (value === undefined || value === null || value === '') return words[0];
    const known = words.find((w) => w === value);
    if (known === undefined) this.bad(path, value, words.join(', '));
    return known ?? words[0];
  }

  /** A whole number within bounds; undefined when it is missing or wrong. */
  int(path: Path, value: unknown, from: number, to: number): number | undefined {
    if (value === undefined || value === null) return undefined;
    return typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to ? value : this.bad(path, value, `${from}…${to}`);
  }

  /** An IPv4 address; undefined when it is missing, wrong or IPv6. */
  ip(path: Path, value: unknown): Ip4 | undefined {
    if (value === undefined || value === null || value === '' || isIp6(value)) return undefined;
    const ip = typeof value === 'string' ? parseIp4(withoutZeros(value)) : undefined;
    return ip ?? this.bad(path, value, '192.0.2.1');
  }

  /** An IPv4 network as written, without blanks; undefined when it is missing, wrong or IPv6. */
  cidr(path: Path, value: unknown): string | undefined {
    if (value === undefined || value === null || value === '' || isIp6(typeof value === 'string' ? value.trim() : value)) return undefined;
    const text = typeof value === 'string' ? withoutZeros(value.trim()) : '';
    return parseCidr(text) ? text : this.bad(path, value, '192.0.2.0/24');
  }
}
