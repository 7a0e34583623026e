import { parseDecimal, parsePrefix, protocolNumber } from '../words.ts';
import type { Given, Module } from './options.ts';

/** Modules that ask where a packet comes from, whose it is, and where it goes. */

const wanted = (given: Given | undefined): boolean | undefined => given && !given.negate;

const device = (given: Given | undefined) => given && { dev: given.value, negate: given.negate };

const physdev: Module = {
  takes: { '--physdev-in': 1, '--physdev-out': 1, '--physdev-is-in': 0, '--physdev-is-out': 0, '--physdev-is-bridged': 0 },
  build: (given) =>
    given.size === 0
      ? undefined
      : {
          kind: 'physdev',
          in: device(given.get('--physdev-in')),
          out: device(given.get('--physdev-out')),
          isIn: wanted(given.get('--physdev-is-in')),
          isOut: wanted(given.get('--physdev-is-out')),
          isBridged: wanted(given.get('--physdev-is-bridged')),
        },
};

/** `1000` or `1000-2000`. */
function ids(given: Given | undefined) {
  const [fromText, toText = fromText, ...rest] = given?.value.split('-') ?? [];
  const [from, to] = [parseDecimal(fromText, 0xffffffff), parseDecimal(toText, 0xffffffff)];
  return given === undefined || from === undefined || to === undefined || rest.length > 0 ? undefined : { from, to, negate: given.negate };
}

const owner: Module = {
  takes: { '--uid-owner': 1, '--gid-owner': 1, '--socket-exists': 0, '--suppl-groups': 0 },
  build: (given) => {
    const [uid, gid] = [ids(given.get('--uid-owner')), ids(given.get('--gid-owner'))];
    if (given.size === 0 || (given.has('--uid-owner') && !uid) || (given.has('--gid-owner') && !gid)) return undefined;
    return { kind: 'owner', uid, gid, exists: wanted(given.get('--socket-exists')) };
  },
};

const rpfilter: Module = {
  takes: { '--loose': 0, '--validmark': 0, '--accept-local': 0, '--invert': 0 },
  build: (given) => ({ kind: 'rpfilter', loose: given.has('--loose'), validmark: given.has('--validmark'), acceptLocal: given.has('--accept-local'), invert: given.has('--invert') }),
};

const socket: Module = {
  takes: { '--transparent': 0, '--nowildcard': 0, '--restore-skmark': 0 },
  build: (given) => ({ kind: 'socket', transparent: given.has('--transparent'), nowildcard: given.has('--nowildcard'), restoreMark: given.has('--restore-skmark') }),
};

const METHODS: Readonly<Record<string, 'GATE' | 'IPIP' | 'MASQ'>> = { GATE: 'GATE', IPIP: 'IPIP', MASQ: 'MASQ' };

/** `undefined` for an option that is absent, `null` for one that was not understood. */
function read<T>(given: Given | undefined, value: (text: string) => T | undefined): (T & { readonly negate: boolean }) | undefined | null {
  if (!given) return undefined;
  const understood = value(given.value);
  return understood === undefined ? null : { ...understood, negate: given.negate };
}

const port = (text: string) => {
  const number = parseDecimal(text, 65535);
  return number === undefined ? undefined : { port: number };
};

const ipvs: Module = {
  takes: { '--ipvs': 0, '--vproto': 1, '--vaddr': 1, '--vport': 1, '--vdir': 1, '--vmethod': 1, '--vportctl': 1 },
  build: (given) => {
    const proto = read(given.get('--vproto'), (text) => {
      const number = protocolNumber(text);
      return number === undefined ? undefined : { proto: number };
    });
    const vaddr = read(given.get('--vaddr'), (text) => {
      const net = parsePrefix(text);
      return net && { net };
    });
    const vport = read(given.get('--vport'), port);
    const vportctl = read(given.get('--vportctl'), port);
    const dir = read(given.get('--vdir'), (text) => (text === 'ORIGINAL' || text === 'REPLY' ? ({ dir: text } as const) : undefined));
    const method = read(given.get('--vmethod'), (text) => (Object.hasOwn(METHODS, text) && METHODS[text] ? { method: METHODS[text] } : undefined));
    if (given.size === 0 || proto === null || vaddr === null || vport === null || vportctl === null || dir === null || method === null) return undefined;
    return { kind: 'ipvs', ipvs: wanted(given.get('--ipvs')), proto, vaddr, vport, vportctl, dir, method };
  },
};

export const PLACE_MODULES: Readonly<Record<string, Module>> = { physdev, owner, rpfilter, socket, ipvs };
