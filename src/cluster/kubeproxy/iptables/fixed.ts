import type { TableName } from '../../../world/netfilter.ts';
import { comment, savedRule } from '../savedRule.ts';
import type { ProxyVersion } from '../version.ts';
import type { Plan } from './plan.ts';

interface Jump {
  readonly table: TableName;
  readonly chain: string;
  readonly target: string;
  readonly matches: readonly string[];
  /** From this minor version on, and up to that one. */
  readonly from?: number;
  readonly upTo?: number;
}

const NEW = '-m conntrack --ctstate NEW';
const EXTERNAL = [NEW, comment('kubernetes externally-visible service portals')];
const PORTALS = comment('kubernetes service portals');
const FIREWALL = [NEW, comment('kubernetes load balancer firewall')];

/** iptablesJumpChains, pkg/proxy/iptables/proxier.go. Each is put in front, so the last of a chain comes first there. */
const JUMPS: readonly Jump[] = [
  { table: 'filter', chain: 'INPUT', target: 'KUBE-EXTERNAL-SERVICES', matches: EXTERNAL },
  { table: 'filter', chain: 'FORWARD', target: 'KUBE-EXTERNAL-SERVICES', matches: EXTERNAL, from: 20 },
  { table: 'filter', chain: 'INPUT', target: 'KUBE-NODEPORTS', matches: [comment('kubernetes health check service ports')], from: 21 },
  { table: 'filter', chain: 'FORWARD', target: 'KUBE-SERVICES', matches: [NEW, PORTALS] },
  { table: 'filter', chain: 'OUTPUT', target: 'KUBE-SERVICES', matches: [NEW, PORTALS] },
  { table: 'filter', chain: 'INPUT', target: 'KUBE-SERVICES', matches: [NEW, PORTALS], upTo: 19 },
  { table: 'filter', chain: 'FORWARD', target: 'KUBE-FORWARD', matches: [comment('kubernetes forwarding rules')] },
  { table: 'filter', chain: 'INPUT', target: 'KUBE-PROXY-FIREWALL', matches: FIREWALL, from: 25 },
  { table: 'filter', chain: 'OUTPUT', target: 'KUBE-PROXY-FIREWALL', matches: FIREWALL, from: 25 },
  { table: 'filter', chain: 'FORWARD', target: 'KUBE-PROXY-FIREWALL', matches: FIREWALL, from: 25 },
  { table: 'nat', chain: 'OUTPUT', target: 'KUBE-SERVICES', matches: [PORTALS] },
  { table: 'nat', chain: 'PREROUTING', target: 'KUBE-SERVICES', matches: [PORTALS] },
  { table: 'nat', chain: 'POSTROUTING', target: 'KUBE-POSTROUTING', matches: [comment('kubernetes postrouting rules')] },
];

const applies = ({ from = 0, upTo }: Jump, version: ProxyVersion): boolean => version.from(from) && (upTo === undefined || !version.from(upTo + 1));

/** The jumps from the kernel's chains, and the chains that they lead to. */
export function writeJumps({ context, version, own }: Plan): void {
  const { firewall } = context.host.own;
  for (const jump of JUMPS) {
    if (!applies(jump, version)) continue;
    firewall.chain(jump.table, jump.target);
    firewall.prepend(jump.table, jump.chain, savedRule({ matches: jump.matches, target: jump.target }), own);
  }
  firewall.chain('nat', 'KUBE-NODEPORTS');
  // The kubelet's; rules that drop jump there up to 1.24.
  if (!version.from(25)) firewall.chain('nat', 'KUBE-MARK-DROP');
}

/** Marks and what they lead to. */
export function writeMasquerading({ add, mark, own }: Plan): void {
  add('nat', 'KUBE-POSTROUTING', { matches: [`-m mark ! --mark ${mark}/${mark}`], target: 'RETURN' }, own);
  add('nat', 'KUBE-POSTROUTING', { target: `MARK --set-xmark ${mark}/0x0` }, own);
  add('nat', 'KUBE-POSTROUTING', { matches: [comment('kubernetes service traffic requiring SNAT')], target: 'MASQUERADE --random-fully' }, own);
  add('nat', 'KUBE-MARK-MASQ', { target: `MARK --set-xmark ${mark}/${mark}` }, own);
}

const LAST = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain');

/** The last rules of KUBE-SERVICES. */
export function writeNodePortJumps({ add, own, version, nodePorts, localhost }: Plan): void {
  if (nodePorts.all) {
    const dst = version.from(26) && !localhost ? '! -d 127.0.0.0/8' : undefined;
    add('nat', 'KUBE-SERVICES', { dst, matches: [LAST, '-m addrtype --dst-type LOCAL'], target: 'KUBE-NODEPORTS' }, own);
    return;
  }
  for (const ip of nodePorts.ips) {
    if (ip.startsWith('127.') && !localhost) continue;
    add('nat', 'KUBE-SERVICES', { dst: `-d ${ip}/32`, matches: [LAST], target: 'KUBE-NODEPORTS' }, own);
  }
}

const ESTABLISHED = '-m conntrack --ctstate RELATED,ESTABLISHED';
const LIBERAL = 'net.netfilter.nf_conntrack_tcp_be_liberal';

/**
 * KUBE-FORWARD. The counters that kube-proxy ≥ 1.31 adds with `-m nfacct` are left out: they need objects in the kernel that no dump shows,
 * and kube-proxy leaves them out where the kernel has none.
 */
export function writeForwarding({ add, own, version, mark, context }: Plan): void {
  const liberal = version.from(29) && (context.host.own.sysctlOf(LIBERAL) ?? '0') !== '0';
  if (!liberal) add('filter', 'KUBE-FORWARD', { matches: ['-m conntrack --ctstate INVALID'], target: 'DROP' }, own);
  add('filter', 'KUBE-FORWARD', { matches: [comment('kubernetes forwarding rules'), `-m mark --mark ${mark}/${mark}`], target: 'ACCEPT' }, own);
  const rules = version.from(23) ? ['conntrack rule'] : ['conntrack pod source rule', 'conntrack pod destination rule'];
  for (const rule of rules) add('filter', 'KUBE-FORWARD', { matches: [comment(`kubernetes forwarding ${rule}`), ESTABLISHED], target: 'ACCEPT' }, own);
}

/** `conntrack.tcpBeLiberal`, since 1.29. */
export const LIBERAL_SYSCTL = LIBERAL;
