import type { Target } from '../world/netfilter.ts';
import { optionsOf, type ReadTarget, type TargetReaders } from './iptablesTargetOptions.ts';
import { parseDecimal, parseU32 } from './words.ts';

const upTo = (text: string | undefined, max: number): number | undefined => {
  const value = parseU32(text);
  return value !== undefined && value <= max ? value : undefined;
};

const readTtl: ReadTarget = ([option = '', text, ...rest]) => {
  const op = /^--ttl-(set|inc|dec)$/.exec(option)?.[1];
  const value = upTo(text, 255);
  return op === undefined || value === undefined || rest.length > 0 ? undefined : { kind: 'ttl', op: op as 'set' | 'inc' | 'dec', value };
};

/** The names of RFC 2474 and RFC 2597 (extensions/dscp_helper.c). */
function dscpOfClass(name: string): number | undefined {
  if (name === 'BE') return 0;
  if (name === 'EF') return 0x2e;
  const [, cs] = /^CS([0-7])$/.exec(name) ?? [];
  if (cs !== undefined) return Number(cs) * 8;
  const [, group, drop] = /^AF([1-4])([1-3])$/.exec(name) ?? [];
  return group === undefined ? undefined : Number(group) * 8 + Number(drop) * 2;
}

const readDscp: ReadTarget = ([option, text, ...rest]) => {
  const value = option === '--set-dscp' ? upTo(text, 63) : option === '--set-dscp-class' ? dscpOfClass((text ?? '').toUpperCase()) : undefined;
  return value === undefined || rest.length > 0 ? undefined : { kind: 'dscp', value };
};

const TOS_NAMES: Readonly<Record<string, number>> = { 'minimize-delay': 16, 'maximize-throughput': 8, 'maximize-reliability': 4, 'minimize-cost': 2, 'normal-service': 0 };

/** extensions/libxt_TOS.c: a number means the whole byte, a name the bits without the precedence (mask 0x3f). */
const readTos: ReadTarget = ([option, text = '', ...rest]) => {
  if (rest.length > 0) return undefined;
  const single = upTo(text, 255);
  switch (option) {
    case '--set-tos': {
      const name = text.toLowerCase();
      if (Object.hasOwn(TOS_NAMES, name)) return { kind: 'tos', value: TOS_NAMES[name] ?? 0, mask: 0x3f };
      const [valueText, maskText, ...more] = text.split('/');
      const value = upTo(valueText, 255);
      const mask = maskText === undefined ? 255 : upTo(maskText, 255);
      return value === undefined || mask === undefined || more.length > 0 ? undefined : { kind: 'tos', value, mask };
    }
    case '--and-tos':
      return single === undefined ? undefined : { kind: 'tos', value: 0, mask: ~single & 255 };
    case '--or-tos':
      return single === undefined ? undefined : { kind: 'tos', value: single, mask: single };
    case '--xor-tos':
      return single === undefined ? undefined : { kind: 'tos', value: single, mask: 0 };
    default:
      return undefined;
  }
};

const readEcn: ReadTarget = (words) => {
  const given = optionsOf(words, { '--ecn-tcp-remove': 0, '--ecn-tcp-cwr': 1, '--ecn-tcp-ece': 1, '--ecn-ip-ect': 1 });
  if (given === undefined || given.size === 0) return undefined;
  if (given.has('--ecn-tcp-remove')) return given.size === 1 ? { kind: 'ecn', ip: undefined, ece: false, cwr: false } : undefined;
  const number = (option: string, max: number) => (given.has(option) ? (parseDecimal(given.get(option)?.[0], max) ?? Number.NaN) : undefined);
  const [ip, ece, cwr] = [number('--ecn-ip-ect', 3), number('--ecn-tcp-ece', 1), number('--ecn-tcp-cwr', 1)];
  if ([ip, ece, cwr].some((n) => Number.isNaN(n))) return undefined;
  return { kind: 'ecn', ip, ece: ece === undefined ? undefined : ece === 1, cwr: cwr === undefined ? undefined : cwr === 1 };
};

const readTcpmss: ReadTarget = ([option, text, ...rest]) => {
  if (option === '--clamp-mss-to-pmtu' && text === undefined) return { kind: 'tcpmss', mss: 'pmtu' };
  // extensions/libxt_TCPMSS.c: at most 65535 - 40.
  const mss = option === '--set-mss' && rest.length === 0 ? upTo(text, 65495) : undefined;
  return mss === undefined ? undefined : { kind: 'tcpmss', mss };
};

const readClassify: ReadTarget = ([option, text = '', ...rest]) => {
  const [, major, minor] = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(text) ?? [];
  if (option !== '--set-class' || major === undefined || minor === undefined || rest.length > 0) return undefined;
  return { kind: 'classify', major: Number.parseInt(major, 16), minor: Number.parseInt(minor, 16) };
};

/** Targets that rewrite a header, or something beside the packet that no later hop sees. */
export const PACKET_TARGETS: TargetReaders = [
  ['TTL', readTtl],
  ['DSCP', readDscp],
  ['TOS', readTos],
  ['ECN', readEcn],
  ['TCPMSS', readTcpmss],
  ['CHECKSUM', (options) => (options.length === 1 && options[0] === '--checksum-fill' ? { kind: 'checksum' } : undefined)],
  ['CLASSIFY', readClassify],
];

const byte = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;
const word = (value: number): string => value.toString(16).padStart(4, '0');
const ecnFlag = (name: string, value: boolean | undefined): string => (value === undefined ? '' : ` --ecn-tcp-${name} ${value ? 1 : 0}`);

/** The target as iptables-save prints it. */
export function printPacketTarget(target: Extract<Target, { kind: 'ttl' | 'dscp' | 'tos' | 'ecn' | 'tcpmss' | 'checksum' | 'classify' }>): string {
  switch (target.kind) {
    case 'ttl':
      return `-j TTL --ttl-${target.op} ${target.value}`;
    case 'dscp':
      return `-j DSCP --set-dscp ${byte(target.value)}`;
    case 'tos':
      return `-j TOS --set-tos ${byte(target.value)}/${byte(target.mask)}`;
    case 'ecn':
      if (target.ece === false && target.cwr === false) return '-j ECN --ecn-tcp-remove';
      return `-j ECN${ecnFlag('ece', target.ece)}${ecnFlag('cwr', target.cwr)}${target.ip === undefined ? '' : ` --ecn-ip-ect ${target.ip}`}`;
    case 'tcpmss':
      return target.mss === 'pmtu' ? '-j TCPMSS --clamp-mss-to-pmtu' : `-j TCPMSS --set-mss ${target.mss}`;
    case 'checksum':
      return '-j CHECKSUM --checksum-fill';
    case 'classify':
      return `-j CLASSIFY --set-class ${word(target.major)}:${word(target.minor)}`;
  }
}
