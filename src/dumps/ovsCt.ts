import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { CtAction, CtNat, OpenFlowAction } from '../world/openflow.ts';
import { keyValues } from './ovsKeyValue.ts';
import { type OvsNames, parseTable } from './ovsNames.ts';
import { parseSubfield } from './ovsSubfield.ts';
import { parseIp6, parseNumber } from './ovsWords.ts';
import { parseDecimal } from './words.ts';

/** The argument of `ct(…)` (parse_CT(), lib/ofp-actions.c); undefined when something in it is not understood. */
export function parseCt(text: string, names: OvsNames, nested: (actions: string) => readonly OpenFlowAction[]): CtAction | undefined {
  let ct: CtAction = { kind: 'ct', commit: false, force: false, table: undefined, zone: 0, nat: undefined, exec: [], alg: undefined };
  for (const { key, value } of keyValues(text)) {
    switch (key) {
      case 'commit':
        ct = { ...ct, commit: true };
        break;
      case 'force':
        ct = { ...ct, force: true };
        break;
      case 'table': {
        const table = parseTable(value, names);
        if (table === undefined) return undefined;
        ct = { ...ct, table };
        break;
      }
      case 'zone': {
        const number = parseNumber(value);
        const zone = number === undefined ? parseSubfield(value) : number <= 0xffff ? number : undefined;
        if (zone === undefined) return undefined;
        ct = { ...ct, zone };
        break;
      }
      case 'nat': {
        const nat = parseNat(value);
        if (!nat) return undefined;
        ct = { ...ct, nat };
        break;
      }
      case 'exec':
        ct = { ...ct, exec: nested(value) };
        break;
      case 'alg':
        ct = { ...ct, alg: value };
        break;
      default:
        return undefined;
    }
  }
  return ct;
}

const FLAGS = ['persistent', 'hash', 'random'] as const;

/** The argument of `nat(…)`: nothing, or `src=A-B:P-Q,random` (parse_NAT(), lib/ofp-actions.c). */
export function parseNat(text: string): CtNat | undefined {
  let nat: CtNat = { kind: 'nat', ips: undefined, ports: undefined, flags: [] };
  for (const { key, text: whole } of keyValues(text)) {
    const flag = FLAGS.find((f) => f === key);
    if (key === 'src' || key === 'dst') {
      if (nat.kind !== 'nat') return undefined;
      const range = whole === key ? {} : parseNatRange(whole.slice(key.length + 1));
      if (!range) return undefined;
      nat = { ...nat, kind: key, ...range };
    } else if (flag) nat = { ...nat, flags: [...nat.flags, flag] };
    else return undefined;
  }
  return nat.kind === 'nat' && nat.flags.length > 0 ? undefined : nat;
}

type NatRange = Pick<CtNat, 'ip6' | 'ip6From'> & Partial<Pick<CtNat, 'ips' | 'ports'>>;

/** `10.0.0.1`, `10.0.0.1-10.0.0.9:1000-2000`, `[fd00::1]:80`, `fd00::1` (str_to_nat_range(), lib/ofp-actions.c). */
function parseNatRange(text: string): NatRange | undefined {
  const [, ip6] = /^(\[[0-9a-f:.]+\](?:-\[[0-9a-f:.]+\])?|[0-9a-f]*:[0-9a-f:.]*(?:-[0-9a-f:.]+)?)(?=:\d+(?:-\d+)?$|$)/i.exec(text) ?? [];
  const bracketed = text.startsWith('[');
  const ip6From = ip6 === undefined ? undefined : parseIp6((bracketed ? ip6 : text).split('-')[0]?.replace(/[[\]]/g, '') ?? '');
  if (ip6 !== undefined && ip6From) {
    const addresses = bracketed ? ip6 : text;
    const ports = parsePortRange(text.slice(addresses.length));
    return ports === undefined ? undefined : { ip6: addresses, ip6From, ...ports };
  }
  const [, fromText = '', toText, rest = ''] = /^([\d.]+)(?:-([\d.]+))?((?::.*)?)$/.exec(text) ?? [];
  const from = parseIp4(fromText);
  const to = toText === undefined ? from : parseIp4(toText);
  const ports = parsePortRange(rest);
  if (from === undefined || to === undefined || to < from || ports === undefined) return undefined;
  // All zeros are no range at all: `nat(src)`.
  return to === 0 ? ports : { ips: { from, to }, ...ports };
}

/** `:80`, `:1000-2000` or nothing. */
function parsePortRange(text: string): Partial<Pick<CtNat, 'ports'>> | undefined {
  if (text === '') return {};
  const [, fromText, toText] = /^:(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const from = parseDecimal(fromText, 65_535);
  const to = toText === undefined ? from : parseDecimal(toText, 65_535);
  return from === undefined || to === undefined || to < from ? undefined : { ports: { from, to } };
}

/** format_NAT(), lib/ofp-actions.c. */
export function formatNat(nat: CtNat): string {
  if (nat.kind === 'nat') return 'nat';
  const ips = nat.ips ? formatIp4(nat.ips.from) + (nat.ips.to === nat.ips.from ? '' : `-${formatIp4(nat.ips.to)}`) : (nat.ip6 ?? '');
  const ports = nat.ports ? `:${nat.ports.from}${nat.ports.to === nat.ports.from ? '' : `-${nat.ports.to}`}` : '';
  const range = ips === '' ? '' : `=${ips}${ports}`;
  return `nat(${[`${nat.kind}${range}`, ...FLAGS.filter((f) => nat.flags.includes(f))].join(',')})`;
}

