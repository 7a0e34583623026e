import { parseIp4 } from '../../packet/address.ts';
import type { HashKey } from '../../world/matches.ts';
import { parseDecimal } from '../words.ts';
import type { Given, Module } from './options.ts';

/** Modules that count. */

const UNITS: readonly (readonly [string, number])[] = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
];

/** `5/min`: seconds from one to the next. A unit may be cut short; without one it is a second (parse_rate(), extensions/libxt_limit.c). */
function everySec(text: string): number | undefined {
  const [countText, unit = 's', ...rest] = text.split('/');
  const count = parseDecimal(countText, 1_000_000);
  const seconds = unit === '' ? undefined : UNITS.find(([name]) => name.startsWith(unit.toLowerCase()))?.[1];
  return count === undefined || count === 0 || seconds === undefined || rest.length > 0 ? undefined : seconds / count;
}

const SIZES: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 * 1024 };

/** `512kb` (parse_bytes(), extensions/libxt_hashlimit.c). */
function bytes(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,10})([km]?b)$/.exec(text) ?? [];
  const factor = SIZES[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

const limit: Module = {
  takes: { '--limit': 1, '--limit-burst': 1 },
  build: (given) => {
    const [every, burst] = [everySec(given.get('--limit')?.value ?? '3/hour'), parseDecimal(given.get('--limit-burst')?.value ?? '5', 10_000)];
    return every === undefined || burst === undefined || [...given.values()].some((g) => g.negate) ? undefined : { kind: 'limit', everySec: every, burst };
  },
};

const HASH_KEYS: ReadonlySet<string> = new Set<HashKey>(['srcip', 'srcport', 'dstip', 'dstport']);

const prefixLength = (given: Given | undefined): number | undefined => parseDecimal(given?.value ?? '32', 32);

const hashlimit: Module = {
  takes: {
    '--hashlimit': 1,
    '--hashlimit-upto': 1,
    '--hashlimit-above': 1,
    '--hashlimit-burst': 1,
    '--hashlimit-mode': 1,
    '--hashlimit-name': 1,
    '--hashlimit-srcmask': 1,
    '--hashlimit-dstmask': 1,
    '--hashlimit-htable-size': 1,
    '--hashlimit-htable-max': 1,
    '--hashlimit-htable-expire': 1,
    '--hashlimit-htable-gcinterval': 1,
  },
  build: (given) => {
    const upto = given.get('--hashlimit-upto') ?? given.get('--hashlimit');
    const at = upto ?? given.get('--hashlimit-above');
    const name = given.get('--hashlimit-name')?.value;
    if (!at || name === undefined) return undefined;
    const perByte = at.value.endsWith('/s') ? bytes(at.value.slice(0, -2)) : undefined;
    const every = perByte === undefined ? everySec(at.value) : undefined;
    const rate = perByte === undefined ? every !== undefined && { everySec: every } : { bytesPerSec: perByte };
    const burstText = given.get('--hashlimit-burst')?.value;
    const burst = perByte === undefined ? parseDecimal(burstText ?? '5', 1_000_000) : burstText === undefined ? 0 : bytes(burstText);
    const by = given.get('--hashlimit-mode')?.value.split(',') ?? [];
    const [srcMask, dstMask] = [prefixLength(given.get('--hashlimit-srcmask')), prefixLength(given.get('--hashlimit-dstmask'))];
    if (!rate || burst === undefined || srcMask === undefined || dstMask === undefined || !by.every((key): key is HashKey => HASH_KEYS.has(key))) return undefined;
    return { kind: 'hashlimit', above: (upto === undefined) !== at.negate, rate, burst, by, srcMask, dstMask, name };
  },
};

const connlimit: Module = {
  takes: { '--connlimit-above': 1, '--connlimit-upto': 1, '--connlimit-mask': 1, '--connlimit-saddr': 0, '--connlimit-daddr': 0 },
  build: (given) => {
    const above = given.get('--connlimit-above');
    const at = above ?? given.get('--connlimit-upto');
    const [count, mask] = [parseDecimal(at?.value, 0xffffffff), prefixLength(given.get('--connlimit-mask'))];
    if (!at || count === undefined || mask === undefined) return undefined;
    return { kind: 'connlimit', limit: count, above: (above !== undefined) !== at.negate, mask, side: given.has('--connlimit-daddr') ? 'dst' : 'src' };
  },
};

/** `--mode nth` of `-m statistic`. */
export const NTH: Module = {
  takes: { '--mode': 1, '--every': 1, '--packet': 1 },
  build: (given) => {
    const at = given.get('--every');
    const [every, packet] = [parseDecimal(at?.value, 0xffffffff), parseDecimal(given.get('--packet')?.value ?? '0', 0xffffffff)];
    return at && every !== undefined && packet !== undefined && packet < every ? { kind: 'statistic-nth', every, packet, negate: at.negate } : undefined;
  },
};

const RECENT_OPS = ['set', 'rcheck', 'update', 'remove'] as const;

const recent: Module = {
  takes: { '--set': 0, '--rcheck': 0, '--update': 0, '--remove': 0, '--seconds': 1, '--reap': 0, '--hitcount': 1, '--rttl': 0, '--name': 1, '--mask': 1, '--rsource': 0, '--rdest': 0 },
  build: (given) => {
    const [op, ...more] = RECENT_OPS.filter((name) => given.has(`--${name}`));
    const [seconds, hitcount] = [parseDecimal(given.get('--seconds')?.value ?? '0', 0xffffffff), parseDecimal(given.get('--hitcount')?.value ?? '0', 0xffff)];
    const mask = parseIp4(given.get('--mask')?.value ?? '255.255.255.255');
    if (op === undefined || more.length > 0 || seconds === undefined || hitcount === undefined || mask === undefined) return undefined;
    return {
      kind: 'recent',
      op,
      negate: given.get(`--${op}`)?.negate === true,
      seconds,
      hitcount,
      rttl: given.has('--rttl'),
      name: given.get('--name')?.value ?? 'DEFAULT',
      mask,
      side: given.has('--rdest') ? 'dst' : 'src',
    };
  },
};

const nfacct: Module = {
  takes: { '--nfacct-name': 1 },
  build: (given) => {
    const name = given.get('--nfacct-name')?.value;
    return name === undefined ? undefined : { kind: 'nfacct', name };
  },
};

const quota: Module = {
  takes: { '--quota': 1 },
  build: (given) => {
    const at = given.get('--quota');
    const count = parseDecimal(at?.value);
    return at && count !== undefined ? { kind: 'quota', bytes: count, negate: at.negate } : undefined;
  },
};

export const RATE_MODULES: Readonly<Record<string, Module>> = { limit, hashlimit, connlimit, recent, nfacct, quota };
