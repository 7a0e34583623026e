import { formatIp4 } from '../packet/address.ts';
import type { CtCondition, CtStateName, CtStatusName, CtTarget, Target } from '../world/netfilter.ts';
import type { OptionAt, OptionRead } from './matches/options.ts';
import { optionsOf } from './iptablesTargetOptions.ts';
import { formatPorts, parseDecimal, parsePorts, parsePrefix, protocolNumber } from './words.ts';

const STATES: ReadonlySet<string> = new Set<CtStateName>(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'SNAT', 'DNAT']);
const STATUSES: ReadonlySet<string> = new Set<CtStatusName>(['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED']);

/** Whether the options of the `-m` around token `at` name states. */
function namesStates({ tokens, at }: OptionAt): boolean {
  const ends = (word: string | undefined): boolean => word === '-m' || word === '--match' || word === '-j' || word === '-g' || word === '--jump' || word === '--goto';
  const isState = (word: string | undefined): boolean => word === '--ctstate' || word === '--state';
  for (let i = at - 1; i >= 0 && !ends(tokens.text[i]); i--) if (isState(tokens.text[i])) return true;
  for (let i = at; i < tokens.text.length && !ends(tokens.text[i]); i++) if (isState(tokens.text[i])) return true;
  return false;
}

const seconds = (text: string | undefined): number | undefined => parseDecimal(text, 0xffffffff);

/** What `--OPTION VALUE` of `-m conntrack` asks (extensions/libxt_conntrack.c); undefined when we do not know it. */
function conditionOf(option: string, value: string | undefined): CtCondition | undefined {
  switch (option) {
    case '--ctproto': {
      const proto = value === undefined ? undefined : protocolNumber(value);
      return proto === undefined ? undefined : { option: 'ctproto', proto };
    }
    case '--ctorigsrc':
    case '--ctorigdst':
    case '--ctreplsrc':
    case '--ctrepldst': {
      const net = parsePrefix(value);
      return net && { option: option.slice(2) as 'ctorigsrc', net };
    }
    case '--ctorigsrcport':
    case '--ctorigdstport':
    case '--ctreplsrcport':
    case '--ctrepldstport': {
      const ports = parsePorts(value, ':');
      return ports && { option: option.slice(2) as 'ctorigsrcport', ports };
    }
    case '--ctstatus': {
      const status = (value ?? '').split(',');
      return status.every((s): s is CtStatusName => STATUSES.has(s)) ? { option: 'ctstatus', status } : undefined;
    }
    case '--ctexpire': {
      const [fromText, toText, ...rest] = value?.split(':') ?? [];
      const from = fromText === '' ? 0 : seconds(fromText);
      const to = toText === undefined ? from : toText === '' ? 0xffffffff : seconds(toText);
      return from === undefined || to === undefined || rest.length > 0 ? undefined : { option: 'ctexpire', from, to };
    }
    case '--ctdir':
      return value === 'ORIGINAL' || value === 'REPLY' ? { option: 'ctdir', dir: value } : undefined;
    default:
      return undefined;
  }
}

/** An option of `-m conntrack` or `-m state`. */
export function readConntrack(option: string, at: OptionAt): OptionRead | undefined {
  const { negate } = at;
  const value = at.tokens.text[at.at];
  if (option === '--ctstate' || option === '--state') {
    const states = (value ?? '').split(',');
    return states.every((s): s is CtStateName => STATES.has(s)) ? { matches: [{ kind: 'ctstate', states, negate }], took: 1 } : undefined;
  }
  const condition = conditionOf(option, value);
  return condition && { matches: [{ kind: 'conntrack', ...condition, withState: namesStates(at), negate }], took: 1 };
}

/** The option as iptables-save prints it, without negation. */
export function printCondition(c: CtCondition): string {
  switch (c.option) {
    case 'ctproto':
      return `--ctproto ${c.proto}`;
    case 'ctorigsrc':
    case 'ctorigdst':
    case 'ctreplsrc':
    case 'ctrepldst':
      return `--${c.option} ${formatIp4(c.net.ip)}${c.net.prefixLen === 32 ? '' : `/${c.net.prefixLen}`}`;
    case 'ctorigsrcport':
    case 'ctorigdstport':
    case 'ctreplsrcport':
    case 'ctrepldstport':
      return `--${c.option} ${formatPorts(c.ports, ':')}`;
    case 'ctstatus':
      return `--ctstatus ${c.status.join(',')}`;
    case 'ctexpire':
      return `--ctexpire ${c.from === c.to ? c.from : `${c.from}:${c.to}`}`;
    case 'ctdir':
      return `--ctdir ${c.dir}`;
  }
}

const ZONES: readonly (readonly [string, NonNullable<CtTarget['zone']>['dir']])[] = [
  ['--zone', 'both'],
  ['--zone-orig', 'original'],
  ['--zone-reply', 'reply'],
];

/** The options of `-j CT` (extensions/libxt_CT.c). */
export function readCt(words: readonly string[]): Target | undefined {
  const options = optionsOf(words, { '--notrack': 0, '--helper': 1, '--timeout': 1, '--ctevents': 1, '--expevents': 1, '--zone': 1, '--zone-orig': 1, '--zone-reply': 1 });
  if (!options) return undefined;
  if (options.has('--notrack')) return options.size === 1 ? { kind: 'notrack', name: 'CT' } : undefined;
  const given = ZONES.filter(([name]) => options.has(name));
  const [zone] = given;
  const text = zone && options.get(zone[0])?.[0];
  const id = text === 'mark' ? text : parseDecimal(text, 65_535);
  if (given.length > 1 || (zone && id === undefined)) return undefined;
  return {
    kind: 'ct',
    zone: zone && id !== undefined ? { id, dir: zone[1] } : undefined,
    helper: options.get('--helper')?.[0],
    options: ['--timeout', '--ctevents', '--expevents'].flatMap((name) => (options.has(name) ? [name, ...(options.get(name) ?? [])] : [])),
  };
}

/** The target as iptables-save prints it: `-j CT …`. */
export function printCt({ zone, helper, options }: CtTarget): string {
  const name = zone && ZONES.find(([, dir]) => dir === zone.dir)?.[0];
  return ['-j CT', ...(helper === undefined ? [] : ['--helper', helper]), ...options, ...(zone && name ? [name, String(zone.id)] : [])].join(' ');
}
