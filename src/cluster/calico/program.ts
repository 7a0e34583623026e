import { formatIp4 } from '../../packet/address.ts';
import type { NodeContext } from '../component.ts';
import type { NetnsDraft } from '../draft/netns.ts';
import { atLeast, type PodModel } from '../model.ts';
import { field, textOf } from '../objects/document.ts';
import { type FelixTable, writeTable } from './chains.ts';
import { fnv32 } from './names.ts';
import type { Plan } from './plan.ts';
import type { Endpoint } from './policy/endpoints.ts';
import { type FelixPolicy, sortedPolicies } from './policy/policy.ts';
import { formatNet } from './pools.ts';
import { filterTable } from './rules/filter.ts';
import type { RuleContext, Tier, Workload } from './rules/node.ts';
import { mangleTable, natTable, rawTable } from './rules/rawMangleNat.ts';
import { Membership, SetBook } from './rules/setBook.ts';
import { calicoObjects, type Settings } from './settings.ts';
import { devOf, podsOn } from './wire.ts';

/** What policies look at, of the whole cluster. */
export interface PolicyWorld {
  readonly policies: readonly FelixPolicy[];
  readonly membership: Membership;
  readonly byPod: ReadonlyMap<PodModel, Endpoint>;
}

export function policyWorldOf(policies: readonly FelixPolicy[], endpoints: readonly Endpoint[]): PolicyWorld {
  return { policies, membership: new Membership(endpoints), byPod: new Map(endpoints.flatMap((e) => (e.pod ? [[e.pod, e] as const] : []))) };
}

/** The order of the tier `default` where no object says it (libcalico-go, apiv3.DefaultTierOrder). */
const DEFAULT_TIER_ORDER = 1_000_000;

/** Tiers in their order; before 3.29 there is only one. */
function tiersOf(plan: Plan, policies: readonly FelixPolicy[], settings: Settings): readonly Tier[] {
  const { features } = settings;
  if (!features.tiers) return [{ name: 'default', end: 'deny', policies: sortedPolicies(policies, features) }];
  const documents = new Map(calicoObjects(plan.cluster, 'Tier').map((d) => [d.name, d]));
  const names = new Set(['default', ...documents.keys(), ...policies.map((p) => p.tier)]);
  const orderOf = (name: string): number => {
    const order = field(documents.get(name)?.value, 'spec', 'order');
    return typeof order === 'number' ? order : name === 'default' ? DEFAULT_TIER_ORDER : Infinity;
  };
  return [...names]
    .toSorted((a, b) => (orderOf(a) === orderOf(b) ? (a < b ? -1 : 1) : orderOf(a) < orderOf(b) ? -1 : 1))
    .map((name) => ({
      name,
      end: textOf(field(documents.get(name)?.value, 'spec', 'defaultAction')) === 'Pass' ? 'pass' : 'deny',
      policies: sortedPolicies(policies.filter((p) => p.tier === name), features),
    }));
}

/** The node's pods with marks of their own: a hash of the interface's name, the next free number where two have the same (felix/rules/epmark.go). */
function workloadsOf(plan: Plan, node: string, byPod: PolicyWorld['byPod'], settings: Settings): readonly Workload[] {
  const step = settings.marks.noEndpoint;
  const room = step === 0 ? 1 : settings.marks.endpoint / step + 1;
  const taken = new Set([0, 1]);
  return podsOn(plan, node)
    .map((pod) => ({ pod, dev: devOf(pod) }))
    .toSorted((a, b) => (a.dev < b.dev ? -1 : 1))
    .flatMap(({ pod, dev }): readonly Workload[] => {
      const endpoint = byPod.get(pod);
      let number = fnv32(dev) % room;
      while (taken.has(number) && taken.size < room) number = (number + 1) % room;
      taken.add(number);
      return endpoint ? [{ dev, pod, endpoint, mark: number * step }] : [];
    });
}

/** Addresses for which the host has local routes, without those of pods' interfaces and of IPVS (felix/dataplane/linux, hostip_mgr.go). */
function hostAddresses(own: NetnsDraft): readonly string[] {
  const addresses = own.devices.filter((d) => d.up !== false && !/^(?:cali|kube-ipvs0$)/.test(d.name)).flatMap((d) => (d.addresses ?? []).map((a) => a.address.split('/')[0] ?? ''));
  // The route of lo is for the whole network: its first address counts as one.
  return [...new Set(['127.0.0.0', ...addresses])];
}

function writeFixedSets(book: SetBook, own: NetnsDraft, plan: Plan, here: string, settings: Settings): void {
  const pools = (natOutgoing: boolean) => plan.pools.filter((p) => !natOutgoing || p.natOutgoing).map((p) => ({ text: formatNet(p), because: p.because }));
  book.named('all-ipam-pools', 'net', settings.because, pools(false));
  book.named('masq-ipam-pools', 'net', settings.because, pools(true));
  book.named('this-host', 'ip', settings.because, hostAddresses(own).map((text) => ({ text, because: settings.because })));
  if (settings.features.dscp) book.named('dscp-src-net', 'net', settings.because, []);
  const external = settings.externalNodes.map((text) => ({ text: text.replace(/\/32$/, ''), because: { ...settings.because, part: 'externalNodesList' } }));
  if (plan.ipip || settings.natExcludesHosts) book.named('all-hosts-net', 'net', settings.because, [...plan.nodes.map((n) => ({ text: formatIp4(n.ip), because: n.because })), ...external]);
  if (plan.vxlan) book.named('all-vxlan-net', 'net', settings.because, [...plan.nodes.filter((n) => n.name !== here && plan.ipam.vxlan.has(n.name)).map((n) => ({ text: formatIp4(n.ip), because: n.because })), ...external]);
}

/** iptables and ipsets of one node. */
export function programNode({ node, host }: NodeContext, plan: Plan, { policies, membership, byPod }: PolicyWorld): void {
  const { own } = host;
  const settings = plan.settings(node.name);
  const book = new SetBook(plan.cluster, membership);
  writeFixedSets(book, own, plan, node.name, settings);
  const context: RuleContext = {
    plan, settings, book,
    randomFully: node.kernelVersion === undefined || atLeast(node.kernelVersion, 3, 14),
    ipvs: own.find('kube-ipvs0') !== undefined,
    tunnels: { ipip: plan.ipip && plan.ipam.ipip.has(node.name), vxlan: plan.vxlan && plan.ipam.vxlan.has(node.name) },
    workloads: workloadsOf(plan, node.name, byPod, settings),
    tiers: tiersOf(plan, policies, settings),
    because: settings.because,
  };
  for (const table of [rawTable, mangleTable, natTable, filterTable]) writeTable(own.firewall, atEnd(table(context), settings.insertMode === 'append'));
  book.write(own.sets);
}

/** With `chainInsertMode: Append` Felix's jumps stand behind everybody else's. */
const atEnd = (table: FelixTable, append: boolean): FelixTable => ({ ...table, insertAtEnd: append });
