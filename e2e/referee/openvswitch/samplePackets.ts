import { printMatch } from '../../../src/dumps/ovsMatchPrint.ts';
import type { OpenFlowRule, OvsBridge, OvsPort } from '../../../src/world/openflow.ts';
import { OFPP } from '../../../src/world/openflow.ts';
import type { OvsPacket } from './case.ts';
import { type Rng, rngOf } from '../random/rng.ts';

/*
 * Packets for a pipeline that we did not write: with addresses, ports and states that its rules ask for, from senders that it lets in.
 */

/** Values that the rules of all bridges compare a field with, without masks. */
function valuesOf(rules: readonly OpenFlowRule[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const rule of rules) {
    for (const word of printMatch(rule.match)) {
      const [name = '', value] = word.split(/=(.*)/s);
      if (value === undefined) continue;
      const [own = ''] = value.split('/');
      let set = found.get(name);
      if (!set) found.set(name, (set = new Set()));
      set.add(own);
    }
  }
  return new Map([...found].map(([name, set]) => [name, [...set]]));
}

/** Who may send: a port, with the addresses that a rule expects from it. */
interface Sender {
  readonly bridge: string;
  readonly port: string;
  readonly fields: Readonly<Record<string, string>>;
}

const number = (rule: OpenFlowRule, field: string): number | undefined => rule.match.find((m) => m.field === field && m.mask === undefined)?.value.at(-1);

/** Registers and metadata that a rule loads whole. */
const loads = (rule: OpenFlowRule): ReadonlyMap<string, number> => new Map(rule.actions.flatMap((a) => (a.kind === 'load' && a.dst.from === 0 ? [[a.dst.field, a.value.at(-1) ?? 0] as const] : [])));

/**
 * Rules with a port and an address say who is behind it. OVN says it in two steps: table 0 gives a port its number, and a rule of port
 * security has that number and the addresses.
 */
function sendersOf(bridge: OvsBridge): readonly Sender[] {
  const rules = bridge.flows ?? [];
  const words = (rule: OpenFlowRule): Readonly<Record<string, string>> =>
    Object.fromEntries(printMatch(rule.match).map((w) => w.split(/=(.*)/s)).filter(([name = '', value]) => value !== undefined && !value.includes('/') && ['dl_src', 'nw_src', 'tun_id', 'tun_src'].includes(name)).map(([name = '', value = '']) => [name, value]));
  const named = (port: OvsPort): string => (port.ofport === OFPP.LOCAL ? 'LOCAL' : JSON.stringify(port.name));
  return bridge.ports.flatMap((port) => {
    const own = rules.filter((r) => port.ofport !== undefined && number(r, 'in_port') === port.ofport);
    const numbers = own.map((r) => ({ reg14: loads(r).get('reg14'), metadata: loads(r).get('metadata') })).filter((n) => n.reg14 !== undefined);
    const secured = rules.filter((r) => numbers.some((n) => number(r, 'reg14') === n.reg14 && number(r, 'metadata') === n.metadata) && number(r, 'dl_src') !== undefined);
    const fields = [...own, ...secured].map(words).filter((f) => Object.keys(f).length > 0);
    return [{}, ...fields].map((f) => ({ bridge: bridge.name, port: named(port), fields: f }));
  });
}

const KINDS = ['tcp', 'tcp', 'tcp', 'udp', 'icmp', 'arp', 'tcp6', 'icmp6'] as const;
const STATES = ['trk,new', 'trk,est', 'trk,est,rpl', 'trk,inv', 'trk,new,rel', 'trk,est,rpl,dnat', 'trk,est,dnat'] as const;

/** A value that some rule asks for, or any. */
function oneOf(rng: Rng, values: ReadonlyMap<string, readonly string[]>, names: readonly string[], otherwise: readonly string[]): string {
  const asked = names.flatMap((n) => values.get(n) ?? []).filter((v) => v !== '0');
  return rng.pick(asked.length > 0 && rng.chance(0.85) ? asked : otherwise);
}

function drawPacket(rng: Rng, sender: Sender, values: ReadonlyMap<string, readonly string[]>): OvsPacket {
  const kind = rng.pick(KINDS);
  const fields: Record<string, string> = {};
  const ip = (names: readonly string[]): string => oneOf(rng, values, names, ['8.8.8.8', '10.131.0.77', '192.0.2.1']);
  const mac = (name: string): string => oneOf(rng, values, [name], ['0a:58:0a:80:00:09', 'ff:ff:ff:ff:ff:ff', '0a:58:0a:83:00:01']);
  fields['dl_src'] = mac('dl_src');
  fields['dl_dst'] = rng.chance(0.5) ? mac('dl_dst') : mac('dl_src');
  if (kind === 'arp') Object.assign(fields, { arp_op: rng.pick(['1', '2']), arp_spa: ip(['arp_spa', 'nw_src']), arp_tpa: ip(['arp_tpa', 'nw_dst']), arp_sha: fields['dl_src'], arp_tha: '00:00:00:00:00:00' });
  else if (kind.endsWith('6')) Object.assign(fields, { ipv6_src: oneOf(rng, values, ['ipv6_src'], ['fd00::1']), ipv6_dst: oneOf(rng, values, ['ipv6_dst'], ['fd00::2', 'ff02::1']), nw_ttl: rng.pick(['64', '255']) });
  else Object.assign(fields, { nw_src: ip(['nw_src', 'nw_dst', 'arp_spa']), nw_dst: ip(['nw_dst', 'nw_src', 'arp_tpa']), nw_ttl: rng.pick(['64', '64', '1', '63']) });
  const port = (side: 'src' | 'dst'): string => oneOf(rng, values, [`tp_${side}`], ['80', '53', '40000', '31785', '8080']);
  if (kind === 'tcp' || kind === 'tcp6') Object.assign(fields, { tcp_src: port('src'), tcp_dst: port('dst'), tcp_flags: rng.pick(['syn', 'ack', 'syn|ack', 'rst']) });
  if (kind === 'udp') Object.assign(fields, { udp_src: port('src'), udp_dst: port('dst') });
  if (kind === 'icmp') Object.assign(fields, { icmp_type: rng.pick(['8', '0', '3']), icmp_code: '0' });
  if (kind === 'icmp6') Object.assign(fields, { icmpv6_type: oneOf(rng, values, ['icmp_type'], ['128', '135', '136', '133']), icmpv6_code: '0' });
  const own = Object.entries(sender.fields).filter(([name]) => name in fields || name.startsWith('tun_'));
  Object.assign(fields, Object.fromEntries(own));
  if ('tun_id' in fields || 'tun_src' in fields) Object.assign(fields, { tun_dst: '10.10.12.21' });
  if (rng.chance(0.05)) Object.assign(fields, { dl_vlan: '7' });
  fields['dp_hash'] = String(1 + rng.int(64));
  const ctNext = Array.from({ length: rng.int(5) }, () => rng.pick(STATES));
  return { bridge: sender.bridge, flow: [`in_port=${sender.port}`, kind, ...Object.entries(fields).map(([n, v]) => `${n}=${v}`)].join(','), ...(ctNext.length > 0 ? { ctNext } : {}) };
}

/** The first packets of a seed's; each sender gets its turn. */
export function samplePackets(bridges: readonly OvsBridge[], count: number, seed: number): readonly OvsPacket[] {
  const rng = rngOf(seed);
  const values = valuesOf(bridges.flatMap((b) => b.flows ?? []));
  const senders = bridges.flatMap((b) => sendersOf(b).filter((s) => !b.ports.some((p) => p.type === 'patch' && JSON.stringify(p.name) === s.port)));
  return Array.from({ length: count }, (_, i) => drawPacket(rng, senders[i % senders.length] ?? { bridge: '', port: '', fields: {} }, values));
}
