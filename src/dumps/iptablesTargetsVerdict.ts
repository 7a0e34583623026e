import type { SetAndDirs, SetTarget, Target } from '../world/netfilter.ts';
import { optionsOf, type ReadTarget, type TargetReaders } from './iptablesTargetOptions.ts';
import { quote } from './iptablesTokens.ts';
import { parseDecimal, parsePorts, parseU32 } from './words.ts';

/** Short names of extensions/libipt_REJECT.c; iptables-save prints the long ones. */
const REJECT_WITH: Readonly<Record<string, string>> = {
  'net-unreach': 'icmp-net-unreachable',
  'host-unreach': 'icmp-host-unreachable',
  'proto-unreach': 'icmp-proto-unreachable',
  'port-unreach': 'icmp-port-unreachable',
  'net-prohib': 'icmp-net-prohibited',
  'host-prohib': 'icmp-host-prohibited',
  'admin-prohib': 'icmp-admin-prohibited',
  'tcp-rst': 'tcp-reset',
};

const REJECT_KINDS: ReadonlySet<string> = new Set(Object.values(REJECT_WITH));

const readReject: ReadTarget = ([option, text, ...rest]) => {
  if (option === undefined) return { kind: 'reject', with: 'icmp-port-unreachable' };
  if (option !== '--reject-with' || text === undefined || rest.length > 0) return undefined;
  const kind = Object.hasOwn(REJECT_WITH, text) ? REJECT_WITH[text] : text;
  return kind !== undefined && REJECT_KINDS.has(kind) ? { kind: 'reject', with: kind } : undefined;
};


const readQueue: ReadTarget = (words) => (words.length === 0 ? { kind: 'queue', name: 'QUEUE', queues: { from: 0, to: 0 }, bypass: false } : undefined);

const readNfqueue: ReadTarget = (words) => {
  const given = optionsOf(words, { '--queue-num': 1, '--queue-balance': 1, '--queue-bypass': 0, '--queue-cpu-fanout': 0 });
  const queues = parsePorts(given?.get('--queue-balance')?.[0] ?? given?.get('--queue-num')?.[0] ?? '0', ':');
  if (!given || !queues || (given.has('--queue-num') && given.has('--queue-balance'))) return undefined;
  return { kind: 'queue', name: 'NFQUEUE', queues, bypass: given.has('--queue-bypass'), ...(given.has('--queue-cpu-fanout') ? { cpuFanout: true } : {}) };
};

/** Levels of syslog(3) by the names that LOG takes (libxtables, xt_syslog_level); iptables-save prints the number unless it is 4. */
const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'];
const LOG_FLAGS = ['--log-tcp-sequence', '--log-tcp-options', '--log-ip-options', '--log-uid', '--log-macdecode'];

const readLog: ReadTarget = (words) => {
  const given = optionsOf(words, { '--log-level': 1, '--log-prefix': 1, ...Object.fromEntries(LOG_FLAGS.map((f) => [f, 0])) });
  if (!given) return undefined;
  const text = given.get('--log-level')?.[0] ?? '4';
  const named = LEVELS.findIndex((l) => l === text || (text === 'panic' && l === 'emerg') || (text === 'warn' && l === 'warning') || (text === 'err' && l === 'error'));
  const level = named >= 0 ? named : parseU32(text);
  if (level === undefined || level > 255) return undefined;
  const prefix = given.get('--log-prefix')?.[0] ?? '';
  return log('LOG', [prefix === '' ? '' : `--log-prefix ${quote(prefix)}`, level === 4 ? '' : `--log-level ${level}`, ...LOG_FLAGS.filter((f) => given.has(f))]);
};

const readNflog: ReadTarget = (words) => {
  const given = optionsOf(words, { '--nflog-group': 1, '--nflog-prefix': 1, '--nflog-range': 1, '--nflog-size': 1, '--nflog-threshold': 1 });
  if (!given) return undefined;
  const number = (option: string, without: string): string | undefined => {
    const value = parseU32(given.get(option)?.[0] ?? without);
    return value === undefined ? undefined : String(value) === without ? '' : `${option} ${value}`;
  };
  // Each is printed if it is not its default (nflog_print(), extensions/libxt_NFLOG.c).
  const [group, range, size, threshold] = [number('--nflog-group', '0'), number('--nflog-range', '0'), given.has('--nflog-size') ? number('--nflog-size', '') : '', number('--nflog-threshold', '1')];
  if (group === undefined || range === undefined || size === undefined || threshold === undefined) return undefined;
  const prefix = given.get('--nflog-prefix')?.[0] ?? '';
  return log('NFLOG', [prefix === '' ? '' : `--nflog-prefix ${quote(prefix)}`, group, size === '' ? range : size, threshold === '--nflog-threshold 0' ? '' : threshold]);
};

function log(name: string, words: readonly string[]): Target {
  const options = words.filter((w) => w !== '').join(' ');
  return options === '' ? { kind: 'log', name } : { kind: 'log', name, options };
}

function readSetAndDirs(words: readonly string[] | undefined): SetAndDirs | 'bad' | undefined {
  if (!words) return undefined;
  const [set, flags = ''] = words;
  const dirs = flags.split(',');
  return set !== undefined && dirs.length <= 6 && dirs.every((d) => d === 'src' || d === 'dst') ? { set, dirs } : 'bad';
}

const MAPPED = ['mark', 'prio', 'queue'] as const;

const readSetTarget: ReadTarget = (words) => {
  const given = optionsOf(words, { '--add-set': 2, '--del-set': 2, '--map-set': 2, '--exist': 0, '--timeout': 1, '--map-mark': 0, '--map-prio': 0, '--map-queue': 0 });
  if (!given) return undefined;
  const [add, del, map] = ['--add-set', '--del-set', '--map-set'].map((o) => readSetAndDirs(given.get(o)));
  const timeoutSec = given.has('--timeout') ? (parseDecimal(given.get('--timeout')?.[0], 0xffffffff) ?? Number.NaN) : undefined;
  if (add === 'bad' || del === 'bad' || map === 'bad' || Number.isNaN(timeoutSec) || (!add && !del && !map)) return undefined;
  return { kind: 'set-target', add, del, map, exist: given.has('--exist'), timeoutSec, mapped: MAPPED.filter((m) => given.has(`--map-${m}`)) };
};

/** Targets that end the packet's way, tell somebody about it, or remember it. */
export const VERDICT_TARGETS: TargetReaders = [
  ['REJECT', readReject],
  ['QUEUE', readQueue],
  ['NFQUEUE', readNfqueue],
  ['LOG', readLog],
  ['NFLOG', readNflog],
  ['TRACE', (words) => (words.length === 0 ? { kind: 'log', name: 'TRACE' } : undefined)],
  ['SET', readSetTarget],
];

/** QUEUE or NFQUEUE as iptables-save prints it. */
export function printQueue({ name, queues, bypass, cpuFanout }: Extract<Target, { kind: 'queue' }>): string {
  if (name === 'QUEUE') return '-j QUEUE';
  const which = queues.from === queues.to ? `--queue-num ${queues.from}` : `--queue-balance ${queues.from}:${queues.to}`;
  return `-j NFQUEUE ${which}${bypass ? ' --queue-bypass' : ''}${cpuFanout ? ' --queue-cpu-fanout' : ''}`;
}

/** SET as iptables-save prints it (set_target_save_v3(), extensions/libxt_SET.c). */
export function printSetTarget({ add, del, map, exist, timeoutSec, mapped }: SetTarget): string {
  const words = ['-j SET'];
  const put = (option: string, it: SetAndDirs): number => words.push(option, it.set, it.dirs.join(','));
  if (add) put('--add-set', add);
  if (exist) words.push('--exist');
  if (timeoutSec !== undefined) words.push('--timeout', String(timeoutSec));
  if (del) put('--del-set', del);
  if (map) put('--map-set', map);
  return [...words, ...mapped.map((m) => `--map-${m}`)].join(' ');
}
