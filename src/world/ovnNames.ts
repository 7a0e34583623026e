import type { OpenFlowAction, OpenFlowRule, OvsBridge, Words } from './openflow.ts';
import type { OvnNetwork } from './ovn.ts';
import type { World } from './world.ts';

/*
 * OVN writes logical switches, routers and their ports into OpenFlow rules as numbers: `metadata` is the datapath, `reg14` the port that a
 * packet came in by, `reg15` the one that it goes out by (lib/logical-fields.h). Where no listing tells the numbers, the MAC addresses do
 * that both the rules and `ovn-nbctl show` have.
 */

export interface LogicalDatapath {
  readonly key: number;
  readonly name: string;
  readonly kind: 'switch' | 'router';
}

export interface OvnNames {
  /** By the number in `metadata`. */
  readonly datapaths: ReadonlyMap<number, LogicalDatapath>;
  /** By `datapath/port`, as portKey() makes it. */
  readonly ports: ReadonlyMap<string, string>;
}

/** Where a bridge's tables begin: those numbers differ from release to release, and are read from the rules. */
export interface OvnTables {
  /** The first table of the logical ingress pipeline. */
  readonly ingress: number;
  /** The first one behind it. */
  readonly output: number;
  /** The first table of the logical egress pipeline. */
  readonly egress: number;
}

export const portKey = (datapath: number, port: number): string => `${datapath}/${port}`;

/** Port numbers from here on are groups of ports (OVN_MIN_MULTICAST). */
const FIRST_GROUP = 0x8000;

/** The value of a condition without a mask. */
const exact = ({ match }: OpenFlowRule, field: string): Words | undefined => match.find((m) => m.field === field && m.mask === undefined && m.text === undefined)?.value;
const number = (words: Words | undefined): number | undefined => words?.at(-1);

/** Numbers that a rule's own actions put into a whole field, in order. */
const loaded = (actions: readonly OpenFlowAction[], field: string): readonly number[] =>
  actions.flatMap((a) => (a.kind === 'load' && a.dst.field === field && a.dst.from === 0 ? (a.value.at(-1) ?? 0) : a.kind === 'set_field' && a.field === field && a.mask === undefined ? (a.value.at(-1) ?? 0) : []));

const resubmitted = (actions: readonly OpenFlowAction[]): number | undefined => actions.flatMap((a) => (a.kind === 'resubmit' ? (a.table ?? []) : a.kind === 'goto_table' ? a.table : [])).at(-1);

const macText = (words: Words | undefined): string | undefined => {
  if (!words) return undefined;
  const hex = `${((words[0] ?? 0) & 0xffff).toString(16).padStart(4, '0')}${((words[1] ?? 0) >>> 0).toString(16).padStart(8, '0')}`;
  return hex.replaceAll(/(..)(?!$)/g, '$1:');
};

/** The entry with the most votes; the first of several with as many. */
const mostOf = <T>(votes: ReadonlyMap<T, number>): T | undefined => [...votes].reduce<readonly [T, number] | undefined>((best, one) => (best && best[1] >= one[1] ? best : one), undefined)?.[0];

class Votes<K, T> {
  readonly #by = new Map<K, Map<T, number>>();

  add(key: K, what: T): void {
    const own = this.#by.get(key) ?? new Map<T, number>();
    this.#by.set(key, own.set(what, (own.get(what) ?? 0) + 1));
  }

  winners(): ReadonlyMap<K, T> {
    return new Map([...this.#by].flatMap(([key, votes]) => { const best = mostOf(votes); return best === undefined ? [] : [[key, best] as const]; }));
  }
}

const tablesOf = new WeakMap<OvsBridge, { readonly tables: OvnTables | undefined }>();

/** Where the pipelines of a bridge begin; undefined: its rules are none of OVN's. */
export function ovnTables(bridge: OvsBridge): OvnTables | undefined {
  const known = tablesOf.get(bridge);
  if (known) return known.tables;
  const tables = readTables(bridge.flows ?? []);
  tablesOf.set(bridge, { tables });
  return tables;
}

/** physical.c: from a port into the ingress pipeline; `output` of a logical flow; a cleared slate in front of the egress pipeline. */
function readTables(rules: readonly OpenFlowRule[]): OvnTables | undefined {
  const [ingress, output, egress] = [new Map<number, number>(), new Map<number, number>(), new Map<number, number>()];
  const vote = (votes: Map<number, number>, table: number | undefined): void => void (table !== undefined && votes.set(table, (votes.get(table) ?? 0) + 1));
  for (const { table, match, actions } of rules) {
    const next = resubmitted(actions);
    if (table === 0 && loaded(actions, 'metadata').length > 0) vote(ingress, next);
    else if (match.length === 0 && loaded(actions, 'reg0').includes(0) && loaded(actions, 'reg9').includes(0)) vote(egress, next);
    else if (match.some((m) => m.field === 'dl_dst') && loaded(actions, 'reg15').length > 0) vote(output, next);
  }
  const [first, out, last] = [mostOf(ingress), mostOf(output), mostOf(egress)];
  return first === undefined || out === undefined || last === undefined || !(first < out && out < last) ? undefined : { ingress: first, output: out, egress: last };
}

const names = new WeakMap<World, OvnNames>();

/** Names of the datapaths and ports of the world's OVN, from its own listings first, else from the MAC addresses in its machines' rules. */
export function ovnNames(world: World): OvnNames {
  let known = names.get(world);
  if (!known) {
    known = world.ovn ? namesOf(world.ovn, world.hosts.flatMap((h) => h.ovs ?? []).filter((b) => ovnTables(b) !== undefined)) : { datapaths: new Map(), ports: new Map() };
    names.set(world, known);
  }
  return known;
}

interface Owner {
  readonly datapath: string;
  readonly port: string;
}

interface Owners {
  readonly switches: ReadonlyMap<string, readonly Owner[]>;
  readonly routers: ReadonlyMap<string, readonly Owner[]>;
}

/** Whose MAC addresses `ovn-nbctl show` has. */
function ownersOf({ switches, routers }: OvnNetwork): Owners {
  const ofSwitches = new Map<string, Owner[]>();
  const ofRouters = new Map<string, Owner[]>();
  const add = (map: Map<string, Owner[]>, mac: string | undefined, owner: Owner): void => void (mac !== undefined && map.set(mac.toLowerCase(), [...(map.get(mac.toLowerCase()) ?? []), owner]));
  const routerMacs = new Map(routers.flatMap((r) => r.ports.map((p) => [p.name, p.mac] as const)));
  for (const r of routers) for (const p of r.ports) add(ofRouters, p.mac, { datapath: r.name, port: p.name });
  for (const s of switches) {
    for (const p of s.ports) {
      const own = p.addresses.flatMap((a) => /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/i.exec(a)?.[0] ?? []);
      for (const mac of own.length > 0 ? own : [routerMacs.get(p.routerPort ?? '')]) add(ofSwitches, mac, { datapath: s.name, port: p.name });
    }
  }
  return { switches: ofSwitches, routers: ofRouters };
}

function namesOf(ovn: OvnNetwork, bridges: readonly OvsBridge[]): OvnNames {
  const owners = ownersOf(ovn);
  const rules = bridges.flatMap((b) => b.flows ?? []);
  const votes = new Votes<number, string>();
  const portVotes: { readonly key: number; readonly port: number; readonly owner: Owner }[] = [];
  for (const rule of rules) {
    const [key, mac, inport] = [number(exact(rule, 'metadata')), macText(exact(rule, 'dl_dst')), number(exact(rule, 'reg14'))];
    if (key === undefined || mac === undefined) continue;
    const outports = loaded(rule.actions, 'reg15');
    // A switch sends a MAC to a port (ls_in_l2_lkup), a router takes its own from one (lr_in_admission).
    const [port, found] = inport === undefined ? [outports.at(-1), owners.switches.get(mac)] : [outports.length === 0 ? inport : undefined, owners.routers.get(mac)];
    if (port === undefined || port >= FIRST_GROUP) continue;
    for (const owner of found ?? []) {
      votes.add(key, owner.datapath);
      portVotes.push({ key, port, owner });
    }
  }
  const listed = new Map(ovn.datapaths.map((d) => [d.key, d.name]));
  const byKey = new Map([...votes.winners(), ...listed]);
  const routers = new Set(ovn.routers.map((r) => r.name));
  const datapaths = new Map([...byKey].map(([key, name]): [number, LogicalDatapath] => [key, { key, name, kind: routers.has(name) ? 'router' : 'switch' }]));
  const ports = new Votes<string, string>();
  for (const { key, port, owner } of portVotes) if (byKey.get(key) === owner.datapath) ports.add(portKey(key, port), owner.port);
  return { datapaths, ports: new Map([...derivedPorts(ovn, rules, byKey, ports.winners()), ...ports.winners(), ...listedPorts(ovn)]) };
}

/** `ovn-sbctl list port_binding`. */
function listedPorts(ovn: OvnNetwork): ReadonlyMap<string, string> {
  const keys = new Map(ovn.datapaths.flatMap((d) => (d.uuid === undefined ? [] : [[d.uuid, d.key] as const])));
  return new Map(ovn.bindings.flatMap(({ port, datapath, key }) => { const of = datapath === undefined ? undefined : keys.get(datapath); return of === undefined ? [] : [[portKey(of, key), port] as const]; }));
}

/** Ports without a MAC address: those that stand for a router's port on its own node, and the one into the physical network. */
function derivedPorts({ switches }: OvnNetwork, rules: readonly OpenFlowRule[], datapaths: ReadonlyMap<number, string>, known: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const rule of rules) {
    const key = number(exact(rule, 'metadata'));
    const [from, outports] = [number(exact(rule, 'reg15')), loaded(rule.actions, 'reg15')];
    // A chassisredirect port becomes the port itself where it is bound (OFTABLE_LOCAL_OUTPUT).
    const port = key === undefined || outports.length !== 1 ? undefined : known.get(portKey(key, outports[0] ?? 0));
    if (key !== undefined && from !== undefined && from < FIRST_GROUP && port !== undefined && from !== outports[0] && !known.has(portKey(key, from))) found.set(portKey(key, from), `cr-${port}`);
    const [own, inport] = [loaded(rule.actions, 'metadata').at(-1), loaded(rule.actions, 'reg14').at(-1)];
    if (rule.table !== 0 || own === undefined || inport === undefined || known.has(portKey(own, inport))) continue;
    const localnets = switches.find((s) => s.name === datapaths.get(own))?.ports.filter((p) => p.type === 'localnet') ?? [];
    const [only] = localnets;
    if (only && localnets.length === 1) found.set(portKey(own, inport), only.name);
  }
  return found;
}
