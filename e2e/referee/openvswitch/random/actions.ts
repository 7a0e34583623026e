import type { Rng } from '../../random/rng.ts';
import { POOLS } from './packets.ts';

/** Where a rule stands, and what its actions may do. */
export interface Place {
  readonly rng: Rng;
  readonly table: number;
  readonly tables: number;
  /** What the rule asks for: which fields its actions may touch. */
  readonly needs: string;
  /** OpenFlow numbers of ports. */
  readonly ports: readonly number[];
  readonly tunnels: readonly number[];
  readonly groups: readonly number[];
  /** Either conntrack or action sets: ovs-vswitchd 3.1 ends when it is to keep an action set for a resume. */
  readonly conntrack: boolean;
  readonly actionSets: boolean;
  readonly normal: boolean;
  /** Floods go out in an order that nobody can tell: not where that order shows. */
  readonly floods: boolean;
  readonly tlvs: boolean;
  /** The rule is for packets with a VLAN's tag alone: only then one may be taken off (ofpacts_check()). */
  readonly tagged: boolean;
}

const REGS = [0, 1, 5, 15] as const;
const isIp4 = (needs: string): boolean => ['ip', 'tcp', 'udp', 'sctp', 'icmp'].includes(needs);
const isIp6 = (needs: string): boolean => ['ipv6', 'tcp6', 'udp6', 'icmp6'].includes(needs);
const isIp = (needs: string): boolean => isIp4(needs) || isIp6(needs);

type Drawn = (place: Place) => string;
type Weighted = readonly [weight: number, draw: Drawn, when?: (place: Place) => boolean];

const reg = ({ rng }: Place): string => `NXM_NX_REG${rng.pick(REGS)}`;

/** Bits of a register: all, or some of them. */
function slice(place: Place, width?: number): { readonly text: string; readonly bits: number } {
  const { rng } = place;
  const [name, size] = rng.weighted([[5, [reg(place), 32]], [1, ['NXM_NX_XXREG0', 128]], [1, ['OXM_OF_PKT_REG0', 64]], [1, ['OXM_OF_METADATA', 64]]] as const);
  if (width === undefined && rng.chance(0.4)) return { text: `${name}[]`, bits: size };
  const bits = width ?? 1 + rng.int(Math.min(size, 40));
  if (bits > size) return { text: `NXM_NX_XXREG1[0..${bits - 1}]`, bits };
  const from = rng.int(size - bits + 1);
  return { text: bits === size ? `${name}[]` : bits === 1 ? `${name}[${from}]` : `${name}[${from}..${from + bits - 1}]`, bits };
}

const bitsOf = (rng: Rng, bits: number): string => `0x${Array.from({ length: Math.ceil(bits / 16) }, (_, i) => rng.int(2 ** Math.min(16, bits - 16 * i)).toString(16)).join('').replace(/^0+(?=.)/, '')}`;

/** A value of that many bits: drawn from the low end, so that it fits. */
function value(rng: Rng, bits: number): string {
  const drawn = BigInt(bitsOf(rng, bits)) & ((1n << BigInt(bits)) - 1n);
  return `0x${drawn.toString(16)}`;
}

const laterTable = ({ rng, table, tables }: Place): number => (table + 1 < tables ? table + 1 + rng.int(tables - table - 1) : tables);

const MOVES: readonly (readonly [source: string, bits: number, when: (needs: string) => boolean])[] = [
  ['NXM_OF_ETH_SRC[]', 48, () => true],
  ['NXM_OF_ETH_DST[0..15]', 16, () => true],
  ['NXM_OF_IP_SRC[]', 32, isIp4],
  ['NXM_OF_IP_DST[8..23]', 16, isIp4],
  ['NXM_NX_IPV6_DST[0..63]', 64, isIp6],
  ['NXM_OF_TCP_DST[]', 16, (n) => n === 'tcp' || n === 'tcp6'],
  ['NXM_OF_UDP_SRC[]', 16, (n) => n === 'udp' || n === 'udp6'],
  ['NXM_OF_VLAN_TCI[0..11]', 12, () => true],
  ['NXM_OF_IN_PORT[]', 16, () => true],
  ['NXM_NX_PKT_MARK[]', 32, () => true],
  ['NXM_NX_CT_MARK[]', 32, () => true],
  ['NXM_NX_CT_LABEL[0..31]', 32, () => true],
  ['NXM_NX_TUN_ID[0..31]', 32, () => true],
  ['NXM_OF_ARP_SPA[]', 32, (n) => n === 'arp'],
  ['NXM_NX_ARP_SHA[]', 48, (n) => n === 'arp'],
];

const output = ({ rng, ports, tunnels }: Place): string => `output:${rng.weighted([[10, rng.pick(ports)], [tunnels.length > 0 ? 5 : 0, rng.pick([...tunnels, 1])], [0.3, 77]] as const)}`;

function ct(place: Place): string {
  const { rng, needs } = place;
  const commit = rng.chance(0.5);
  const words = [...(commit ? ['commit'] : []), ...(commit && rng.chance(0.1) ? ['force'] : [])];
  if (!commit || rng.chance(0.4)) words.push(`table=${laterTable(place)}`);
  if (rng.chance(0.6)) words.push(`zone=${rng.pick(['5', '7', '0', '64000', `${reg(place)}[0..15]`])}`);
  if (rng.chance(0.4)) {
    const range = isIp4(needs) ? rng.pick(['src=10.7.0.1', 'dst=10.7.0.1-10.7.0.4', 'src', ...(needs === 'tcp' || needs === 'udp' ? ['dst=10.0.0.2:8080', 'src=10.7.0.1-10.7.0.9:1000-2000,random', 'dst=10.0.0.3:53,hash,persistent'] : [])]) : 'src';
    words.push(commit ? `nat(${range})` : 'nat');
  }
  if (commit && rng.chance(0.4)) {
    words.push(`exec(${rng.pick(['load:0x6->NXM_NX_CT_MARK[]', 'load:1->NXM_NX_CT_MARK[3]', 'set_field:0x2/0x3->ct_mark', 'set_field:0x9->ct_label', 'load:0x7->NXM_NX_CT_LABEL[64..71]', `move:${reg(place)}[]->NXM_NX_CT_MARK[]`, 'move:NXM_OF_ETH_SRC[]->NXM_NX_CT_LABEL[32..79]'])})`);
  }
  return `ct(${words.join(',')})`;
}

/** Fields and ways by which links and ports are chosen (lib/multipath.c, lib/bundle.c, lib/flow.c). */
const HASHED = ['eth_src', 'symmetric_l4', 'symmetric_l3l4', 'symmetric_l3l4+udp', 'symmetric_l3', 'nw_src', 'nw_dst'] as const;

const multipath = (p: Place): string => `multipath(${p.rng.pick(HASHED)},${p.rng.int(100)},${p.rng.pick(['modulo_n', 'hash_threshold', 'hrw', 'iter_hash'])},${1 + p.rng.int(20)},${p.rng.int(40)},${reg(p)}[${p.rng.pick(['0..7', '8..15', ''])}])`.replace('[]', '[0..31]');

function bundle(p: Place): string {
  const { rng } = p;
  const how = `${rng.pick(HASHED)},${rng.int(100)},${rng.pick(['active_backup', 'hrw'])},ofport`;
  const members = `members:${rng.some([...p.ports, 77, 0xfffe], 1, 4).join(',')}`;
  return rng.chance(0.6) ? `bundle(${how},${members})` : `bundle_load(${how},${reg(p)}[0..15],${members})`;
}

/** A rule that a packet leaves behind, of a priority that no other has: which of two is taken, if both match, is not said anywhere. */
function learn(p: Place): string {
  const { rng } = p;
  const specs = rng.some(['NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]', 'NXM_OF_ETH_SRC[]', 'NXM_OF_VLAN_TCI[0..11]', 'NXM_OF_IN_PORT[]', 'NXM_NX_REG1[0..7]=0x5', 'NXM_NX_REG0[8..23]=NXM_NX_REG1[0..15]'], 1, 2);
  const effects = rng.some(['load:NXM_OF_IN_PORT[]->NXM_NX_REG1[0..15]', 'load:0x7->NXM_NX_REG5[]', 'load:NXM_NX_REG0[0..7]->NXM_NX_REG15[8..15]', 'output:NXM_OF_IN_PORT[]', 'output:NXM_NX_REG0[0..15]'], 1, 2);
  return `learn(table=${laterTable(p)},priority=${100 + rng.int(900)},cookie=0x${(0x9000 + rng.int(0xfff)).toString(16)}${rng.chance(0.3) ? ',limit=2' : ''},${[...specs, ...effects].join(',')})`;
}

/** Actions that any rule may have, and those of some protocols. */
const SIMPLE: readonly Weighted[] = [
  [10, output],
  [1, (p) => `output:${reg(p)}[]`],
  [0.5, (p) => `output:${reg(p)}[${p.rng.pick(['0..15', '16..31'])}]`],
  [1, () => 'LOCAL'],
  [1, () => 'IN_PORT'],
  [0.3, (p) => p.rng.pick(['FLOOD', 'ALL']), (p) => p.floods],
  [2, () => 'NORMAL', (p) => p.normal],
  [0.3, (p) => `output(port=${p.rng.pick(p.ports)},max_len=100)`],
  [0.6, (p) => p.rng.pick(['controller(max_len=128)', 'controller(userdata=00.00.00.01)', 'controller(reason=no_match,id=3)'])],
  [4, (p) => { const s = slice(p); return `load:${value(p.rng, Math.min(s.bits, 64))}->${s.text}`; }],
  [3, (p) => `load:${p.rng.pick(POOLS.reg)}->${reg(p)}[]`],
  [2, (p) => `set_field:${p.rng.pick(['0x1/0x1', '0x5', '0x20000/0xffff0000', '0x10/0xf0'])}->reg${p.rng.pick(REGS)}`],
  [2, (p) => { const from = slice(p, 1 + p.rng.int(32)); return `move:${from.text}->${slice(p, from.bits).text}`; }],
  [3, (p) => { const [source, bits] = p.rng.pick(MOVES.filter(([, , when]) => when(p.needs))); return `move:${source}->${slice(p, bits).text}`; }],
  [1, (p) => `push:${slice(p).text}`],
  [1, (p) => `pop:${slice(p).text}`],
  [1, (p) => `set_field:${p.rng.pick(['0x5', '0x100000002', '0x5/0xff'])}->metadata`],
  [1, (p) => p.rng.pick(['set_field:0x4->pkt_mark', 'load:0x1->NXM_NX_PKT_MARK[14]', 'load:0->NXM_NX_PKT_MARK[]'])],
  [2, (p) => `mod_dl_${p.rng.pick(['src', 'dst'])}:${p.rng.pick(POOLS.mac)}`],
  [0.5, (p) => `load:${value(p.rng, 16)}->NXM_OF_ETH_DST[${p.rng.pick(['0..15', '16..31'])}]`],
  [0.5, () => 'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]'],
  [0.5, (p) => p.rng.pick(['mod_vlan_vid:10', 'mod_vlan_vid:5', 'mod_vlan_pcp:3', 'load:0x1014->NXM_OF_VLAN_TCI[]', 'load:0->NXM_OF_VLAN_TCI[]'])],
  [0.3, (p) => p.rng.pick(['note:01.02.03', 'set_queue:0', 'pop_queue'])],
  [0.6, () => 'load:0->NXM_OF_IN_PORT[]'],
  [0.4, (p) => `load:${p.rng.pick([1, 2, 3])}->NXM_OF_IN_PORT[]`],
  [0.5, (p) => `enqueue:${p.rng.pick([...p.ports, ...p.tunnels])}:${p.rng.int(3)}`],
  [0.5, multipath],
  [0.5, bundle],
  [0.5, learn],
  [0.3, (p) => p.rng.pick(['sample(probability=65535,collector_set_id=1,obs_domain_id=2,obs_point_id=3)', `sample(probability=100,collector_set_id=1,obs_domain_id=0,obs_point_id=0,sampling_port=${p.rng.pick(p.ports)})`])],
  [4, () => 'strip_vlan', (p) => p.tagged],
  [0.3, () => 'exit'],
  [1, () => 'ct_clear'],
  [2, (p) => `set_field:${p.rng.pick(['0x7', '0x22', '0x33'])}->tun_id`, (p) => p.tunnels.length > 0],
  [2, (p) => `set_field:${p.rng.pick(['10.9.0.1', '10.9.0.7', '10.9.0.8'])}->tun_dst`, (p) => p.tunnels.length > 0],
  [0.3, () => 'set_field:10.9.0.200->tun_src', (p) => p.tunnels.length > 0],
  [1, (p) => p.rng.pick(['set_field:0x20005->tun_metadata0', 'load:0x9->NXM_NX_TUN_METADATA0[0..15]', 'move:NXM_NX_REG0[0..14]->NXM_NX_TUN_METADATA0[16..30]', 'move:NXM_NX_TUN_METADATA0[0..15]->NXM_NX_REG1[0..15]']), (p) => p.tlvs],
  [2, () => 'dec_ttl', (p) => isIp(p.needs)],
  [1, (p) => `mod_nw_ttl:${p.rng.pick([1, 5, 64])}`, (p) => isIp(p.needs)],
  [1, (p) => p.rng.pick(['mod_nw_tos:32', 'mod_nw_tos:0', 'mod_nw_ecn:1', 'set_field:10->ip_dscp']), (p) => isIp(p.needs)],
  [2, (p) => `mod_nw_${p.rng.pick(['src', 'dst'])}:${p.rng.pick(POOLS.ip)}`, (p) => isIp4(p.needs)],
  [1, (p) => p.rng.pick(['set_field:0.0.8.0/0.0.255.0->ip_dst', 'load:0x5->NXM_OF_IP_SRC[0..7]', 'move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]', 'move:NXM_NX_REG0[]->NXM_OF_IP_DST[]']), (p) => isIp4(p.needs)],
  [2, (p) => p.rng.pick([`set_field:${p.rng.pick(POOLS.ip6)}->ipv6_dst`, 'load:0x7->NXM_NX_IPV6_SRC[64..79]', 'set_field:0x54321->ipv6_label', 'move:NXM_NX_XXREG0[]->NXM_NX_IPV6_SRC[]']), (p) => isIp6(p.needs)],
  [2, (p) => p.rng.pick([`mod_tp_dst:${p.rng.pick(POOLS.port)}`, `mod_tp_src:${p.rng.pick(POOLS.port)}`]), (p) => ['tcp', 'udp', 'tcp6', 'udp6', 'sctp'].includes(p.needs)],
  [1, (p) => p.rng.pick(['set_field:0->icmp_type', 'set_field:3->icmp_code']), (p) => p.needs === 'icmp'],
  [2, (p) => p.rng.pick(['load:2->NXM_OF_ARP_OP[]', 'move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]', 'set_field:10.0.0.9->arp_spa', 'load:0xaabbccddeeff->NXM_NX_ARP_SHA[]', 'move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]']), (p) => p.needs === 'arp'],
];

const isAllowed = (place: Place): ((entry: Weighted) => boolean) => ([, , when]) => when?.(place) ?? true;
const drawFrom = (place: Place, list: readonly Weighted[]): string => place.rng.weighted(list.filter(isAllowed(place)).map(([weight, draw]) => [weight, draw] as const))(place);

/** What leads on. */
const LEADING: readonly Weighted[] = [
  [6, (p) => `resubmit(,${laterTable(p)})`],
  [0.7, (p) => `resubmit(${p.rng.pick(p.ports)},${laterTable(p)})`],
  [0.15, (p) => `resubmit(,${p.table})`],
  [1, (p) => `clone(${[drawFrom(p, SIMPLE.filter(([, draw]) => draw !== output)), p.rng.chance(0.5) ? output(p) : `resubmit(,${laterTable(p)})`].join(',')})`],
  [3, ct, (p) => p.conntrack && isIp(p.needs)],
  [1.5, (p) => `group:${p.rng.pick(p.groups)}`, (p) => p.groups.length > 0],
  [0.25, (p) => `check_pkt_larger(${p.rng.pick([100, 1400])})->${reg(p)}[${p.rng.pick([0, 4, 31])}],resubmit(,${laterTable(p)})`, (p) => !p.conntrack],
];

/** Actions that stay behind an instruction of OpenFlow 1.1 and later, in the order in which they must stand. */
function instructions(place: Place): readonly string[] {
  const { rng } = place;
  const set = (): string => `write_actions(${rng.some([output(place), ...(isIp(place.needs) ? ['dec_ttl'] : []), `set_field:${rng.pick(POOLS.mac)}->eth_src`, `set_field:0x5->pkt_mark`, ...(place.groups.length > 0 && rng.chance(0.3) ? [`group:${rng.pick(place.groups)}`] : [])], 1, 3).join(',')})`;
  return [
    ...(place.actionSets && rng.chance(0.15) ? ['clear_actions'] : []),
    ...(place.actionSets && rng.chance(0.4) ? [set()] : []),
    ...(rng.chance(0.1) ? [`write_metadata:${rng.pick(['0x12/0xff', '0x5'])}`] : []),
    ...(place.table + 1 < place.tables && rng.chance(0.35) ? [`goto_table:${laterTable(place)}`] : []),
  ];
}

export function drawActions(place: Place): readonly string[] {
  const { rng } = place;
  if (rng.chance(0.05)) return [];
  const list: string[] = [];
  for (let n = 1 + rng.int(4); n > 0; n--) {
    // A tag that was taken off is not there to be taken off again.
    const now = list.some((a) => a.includes('strip_vlan')) ? { ...place, tagged: false } : place;
    list.push(drawFrom(now, rng.chance(0.35) && list.filter((a) => a.includes('resubmit')).length < 2 ? LEADING : SIMPLE));
  }
  const pushed = list.some((a) => a.includes('mod_vlan') || a.includes('strip_vlan'));
  if (!pushed && rng.chance(0.06)) list.splice(rng.int(list.length + 1), 0, 'push_vlan:0x8100', 'set_field:4106->vlan_vid');
  // A meter is an instruction of its own, in front of all others.
  if (rng.chance(0.03)) list.unshift('meter:1');
  return [...list, ...instructions(place)];
}

/** Actions of a bucket: those that need no protocol. */
export function drawBucket(place: Place): readonly string[] {
  const { rng } = place;
  const bare = { ...place, needs: '', conntrack: false, tagged: false };
  const allowed = SIMPLE.filter(([, draw]) => draw !== output);
  const list = rng.chance(0.6) ? [drawFrom(bare, allowed)] : [];
  // As an action set has them: each of a kind once, and what sends last.
  const last = rng.weighted([[4, output(bare)], [2, `resubmit(,${laterTable(bare)})`], [bare.groups.length > 0 ? 1 : 0, `group:${rng.pick([...bare.groups, 0])}`]] as const);
  return [...list.filter((a) => /^(?:load|set_field|mod_dl|move)/.test(a)), last];
}
