import { type Rng, rngOf } from '../../random/rng.ts';
import { drawActions, drawBucket, type Place } from './actions.ts';
import type { GroupDraft, OvsDraft, RuleDraft } from './draft.ts';
import { drawMatch, drawNeeds, oncePerField } from './matches.ts';
import { drawPacket, type Entry, POOLS } from './packets.ts';

/** Bridges of the bed that a pipeline is written for. */
interface Shape {
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly bridges: readonly { readonly name: string; readonly ports: readonly number[]; readonly tunnels: readonly number[]; readonly normal: boolean }[];
}

const BR0 = { name: 'br0', ports: [1, 2, 3, 4, 5], tunnels: [], normal: false };
const SHAPES: readonly (readonly [weight: number, shape: Shape])[] = [
  [4, { name: 'one bridge', entries: [{ bridge: 'br0', ports: ['p1', 'p2', 'p3', 'LOCAL'], tunnels: [] }], bridges: [BR0] }],
  [
    3,
    {
      name: 'patched bridges',
      entries: [{ bridge: 'br0', ports: ['p1', 'p2'], tunnels: [] }, { bridge: 'br1', ports: ['q1', 'q2'], tunnels: [] }],
      bridges: [{ ...BR0, ports: [1, 2, 3, 9, 9, 9] }, { name: 'br1', ports: [1, 2, 9, 10, 10], tunnels: [], normal: false }, { name: 'br2', ports: [1, 2, 9], tunnels: [], normal: true }],
    },
  ],
  [2, { name: 'tunnels', entries: [{ bridge: 'brt', ports: ['t1', 't2'], tunnels: ['vx0', 'gn0', 'gr0'] }], bridges: [{ name: 'brt', ports: [1, 2], tunnels: [10, 11, 12, 13, 14, 15, 16, 17], normal: false }] }],
  [2, { name: 'VLANs', entries: [{ bridge: 'brv', ports: ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8', 'v9'], tunnels: [] }], bridges: [{ name: 'brv', ports: [1, 2, 3, 4, 5, 6, 7, 8, 9], tunnels: [], normal: true }] }],
];

const PACKETS = 40;
const MOST_TABLES = 6;

/** Rules that only together match: clauses, and the rule that is taken when all are met. */
function drawConjunction(rng: Rng, place: Omit<Place, 'needs'>, bridge: string, priority: number, cookie: () => number): readonly RuleDraft[] {
  const id = rng.pick([7, 100, 0x9e3779b9]);
  const base = { bridge, table: place.table, priority };
  const dims: readonly (readonly [needs: string, conditions: readonly string[]])[] = [
    ['ip', POOLS.ip.slice(0, 4).map((a) => `nw_src=${a}`)],
    ['ip', POOLS.ip.slice(0, 4).map((a) => `nw_dst=${a}/${rng.pick(['32', '24', '31'])}`)],
    ['tcp', POOLS.port.slice(0, 4).map((p) => `tcp_dst=${p}`)],
    ['', ['reg0=0', 'reg0=0x5/0xf', 'reg0=0x1']],
  ];
  const picked = rng.some(dims, 2, 3);
  const clauses = picked.flatMap(([needs, conditions], i) => rng.some(conditions, 1, 3).map((c): RuleDraft => ({ ...base, cookie: cookie(), needs, match: [c], actions: [`conjunction(${id},${i + 1}/${picked.length})`] })));
  const actions = drawActions({ ...place, needs: 'ip' });
  return [...clauses, { ...base, cookie: cookie(), needs: 'ip', match: [`conj_id=${id}`], actions: actions.length === 0 ? ['LOCAL'] : actions }];
}

/** `first`: numbers of groups are told apart over all bridges. */
function drawGroups(rng: Rng, bridge: string, first: number, place: Place): readonly GroupDraft[] {
  const groups: GroupDraft[] = [];
  for (let id = first, n = first + rng.int(4); id < n; id++) {
    const head = rng.weighted([[3, 'type=all'], [2, 'type=indirect'], [3, 'type=select,selection_method=dp_hash'], [1, 'type=select'], [2, 'type=ff']] as const);
    const count = head === 'type=indirect' ? 1 : 1 + rng.int(4);
    const within = { ...place, groups: groups.map((g) => g.id) };
    groups.push({
      bridge,
      id,
      head,
      buckets: Array.from({ length: count }, () => ({
        words: [...(head.includes('select') && rng.chance(0.5) ? [`weight:${rng.pick([1, 50, 100])}`] : []), ...(head === 'type=ff' ? [`watch_port:${rng.pick([...place.ports, 78])}`] : [])],
        actions: drawBucket(within),
      })),
    });
  }
  return groups;
}

/** A pipeline and packets that the seed decides. */
export function generateOvs(seed: number): OvsDraft {
  const rng = rngOf(seed);
  const shape = rng.weighted(SHAPES);
  const packets = Array.from({ length: PACKETS }, () => drawPacket(rng, shape.entries, true));
  const tlvs = shape.name === 'tunnels' && rng.chance(0.5);
  const conntrack = rng.chance(0.65);
  const rules: RuleDraft[] = [];
  const groups: GroupDraft[] = [];
  let cookies = 0x100;
  const cookie = (): number => cookies++;
  for (const bridge of shape.bridges) {
    const tables = 2 + rng.int(MOST_TABLES - 1);
    const common = { rng, tables, ports: bridge.ports, tunnels: bridge.tunnels, groups: [], conntrack, actionSets: !conntrack, normal: bridge.normal, floods: shape.bridges.length === 1 && bridge.tunnels.length === 0, tlvs, tagged: false };
    const own = drawGroups(rng, bridge.name, 1 + 10 * shape.bridges.indexOf(bridge), { ...common, table: 0, needs: '' });
    groups.push(...own);
    for (let table = 0; table < tables; table++) {
      const place = { ...common, table, groups: own.map((g) => g.id) };
      // No two rules of one priority: which of them is taken, if both match, is not said anywhere.
      let priority = 60_000;
      for (let n = 1 + rng.int(7); n > 0; n--) {
        priority -= 1 + rng.int(500);
        if (rng.chance(0.06)) {
          rules.push(...drawConjunction(rng, place, bridge.name, priority, cookie));
          continue;
        }
        const drawn = rng.pick(packets);
        // Ports have the names of their own bridge.
        const packet = drawn.bridge === bridge.name ? drawn : { ...drawn, fields: Object.fromEntries(Object.entries(drawn.fields).filter(([field]) => field !== 'in_port')) };
        const needs = drawNeeds(rng, packet.kind);
        const match = drawMatch(rng, packet, needs);
        const tagged = match.some((m) => m.startsWith('dl_vlan='));
        rules.push({ bridge: bridge.name, table, priority, cookie: cookie(), needs, match, actions: drawActions({ ...place, needs, tagged }) });
      }
      if (rng.chance(0.6)) rules.push({ bridge: bridge.name, table, priority: rng.pick([0, 1]), cookie: cookie(), needs: '', match: oncePerField([]), actions: drawActions({ ...place, needs: '' }) });
    }
  }
  const macs = shape.name === 'VLANs' ? rng.some(['v1 10 00:00:00:00:00:02', 'v3 10 00:00:00:00:00:01', 'v4 20 00:00:00:00:00:02', 'v5 20 0a:0b:0c:0d:0e:0f', 'v4 0 00:00:00:00:00:01', 'v6 10 00:00:00:00:00:02', 'v7 20 00:00:00:00:00:01', 'v8 10 0a:0b:0c:0d:0e:0f', 'v9 20 00:00:00:00:00:02'], 0, 5).map((text) => ({ bridge: 'brv', text })) : [];
  const teaches = rules.some((r) => r.actions.some((a) => a.includes('learn('))) && rng.chance(0.7);
  return { name: `random ${seed} (${shape.name})`, rules, groups, packets: packets.map((p) => ({ ...p, generate: teaches && p.kind === 'tcp' })), macs, frags: rng.weighted([[8, 'normal'], [1, 'nx-match'], [0.5, 'drop']] as const), tlvs: tlvs ? { brt: ['{class=0x102,type=0x80,len=4}->tun_metadata0'] } : {} };
}
