import type { Because } from '../because.ts';
import type { Firewall } from '../draft/firewall.ts';
import type { ClusterModel } from '../model.ts';
import type { EgressClaim } from './egress.ts';
import type { SdnSpec } from './objects.ts';

/*
 * What openshift-sdn-node writes into iptables (release 4.10, pkg/network/node/iptables.go), and its CNI plugin into each pod
 * (pkg/cmd/openshift-sdn-cni/openshift-sdn.go). kube-proxy runs in the same process. Its jumps and these go in front of what is there;
 * here OpenShift's are in front, as `iptables -t nat -L POSTROUTING` of a running node shows.
 */

const comment = (text: string): string => `-m comment --comment "${text}"`;
const REJECT = '-j REJECT --reject-with icmp-port-unreachable';
const SYN = '--tcp-flags FIN,SYN,RST,ACK SYN';

/** Ports of the machine config server, which pods must not ask. */
const MCS_PORTS = [22623, 22624] as const;

interface Chain {
  readonly table: 'raw' | 'nat' | 'filter';
  readonly name: string;
  /** The base chain that jumps to it, and on what condition. */
  readonly from?: { readonly chain: string; readonly when: string };
  readonly rules: readonly string[];
}

/** getNodeIPTablesChains(). */
function chainsOf(sdn: SdnSpec, conntrack: boolean, masqueradeMark: string): readonly Chain[] {
  const overrides = comment('firewall overrides');
  const noTrack = { table: 'raw', name: 'OPENSHIFT-NOTRACK', rules: [`-p udp -m udp --dport ${sdn.vxlanPort} -j CT --notrack`] } as const;
  return [
    {
      table: 'filter',
      name: 'OPENSHIFT-FIREWALL-ALLOW',
      from: { chain: 'INPUT', when: overrides },
      rules: [`-p udp -m udp --dport ${sdn.vxlanPort} ${comment('VXLAN incoming')} -j ACCEPT`, `-i tun0 ${comment('from SDN to localhost')} -j ACCEPT`],
    },
    { table: 'filter', name: 'OPENSHIFT-ADMIN-OUTPUT-RULES', from: { chain: 'FORWARD', when: `-i tun0 ! -o tun0 ${comment('administrator overrides')}` }, rules: [] },
    ...masqueradeChains(sdn, conntrack, masqueradeMark),
    {
      table: 'filter',
      name: 'OPENSHIFT-FIREWALL-FORWARD',
      from: { chain: 'FORWARD', when: overrides },
      rules: sdn.cidrs.flatMap((cidr) => [
        `-s ${cidr} ${comment('attempted resend after connection close')} -m conntrack --ctstate INVALID -j DROP`,
        `-d ${cidr} ${comment('forward traffic from SDN')} -j ACCEPT`,
        `-s ${cidr} ${comment('forward traffic to SDN')} -j ACCEPT`,
      ]),
    },
    { table: 'filter', name: 'OPENSHIFT-BLOCK-OUTPUT', from: { chain: 'OUTPUT', when: overrides }, rules: MCS_PORTS.map((port) => `-p tcp -m tcp --dport ${port} ${SYN} ${REJECT}`) },
    { table: 'filter', name: 'OPENSHIFT-BLOCK-OUTPUT', from: { chain: 'FORWARD', when: overrides }, rules: [] },
    { ...noTrack, from: { chain: 'OUTPUT', when: comment('disable conntrack for vxlan') } },
    { ...noTrack, from: { chain: 'PREROUTING', when: comment('disable conntrack for vxlan') }, rules: [] },
  ];
}

/**
 * Pods' packets to the outside take the node's address. Where br0 has no connection tracking (mode subnet up to 4.12) those to services do, too,
 * or their answers would pass the translation by.
 */
function masqueradeChains({ cidrs }: SdnSpec, conntrack: boolean, mark: string): readonly Chain[] {
  const marked = `-m mark --mark ${mark}/${mark} -j RETURN`;
  const outside = comment('masquerade pod-to-external traffic');
  const main = (rules: readonly string[]): Chain => ({ table: 'nat', name: 'OPENSHIFT-MASQUERADE', from: { chain: 'POSTROUTING', when: comment('rules for masquerading OpenShift traffic') }, rules: [marked, ...rules] });
  if (!conntrack) return [main(cidrs.map((cidr) => `-s ${cidr} ${comment('masquerade pod-to-service and pod-to-external traffic')} -j MASQUERADE`))];
  return [
    main(cidrs.map((cidr) => `-s ${cidr} ${outside} -j OPENSHIFT-MASQUERADE-2`)),
    { table: 'nat', name: 'OPENSHIFT-MASQUERADE-2', rules: [...cidrs.map((cidr) => `-d ${cidr} ${outside} -j RETURN`), '-j MASQUERADE'] },
  ];
}

/** A node's own rules. */
export function programNode(firewall: Firewall, sdn: SdnSpec, conntrack: boolean, cluster: ClusterModel, claims: readonly EgressClaim[]): void {
  const { because } = sdn;
  const chains = chainsOf(sdn, conntrack, `0x${(2 ** cluster.kubeProxy.masqueradeBit).toString(16)}`);
  // From the last to the first, each jump in front (syncIPTableRules()).
  for (const { table, name, from, rules } of chains.toReversed()) {
    firewall.chain(table, name);
    if (from) firewall.prepend(table, from.chain, `${from.when} -j ${name}`, because);
    for (const rule of rules) firewall.append(table, name, rule, because);
  }
  for (const claim of claims) if (claim.dev !== undefined) programEgress(firewall, sdn, claim);
}

/** ensureEgressIPRules(): what br0 marked for an address leaves with it, and nobody reaches the node by it. */
function programEgress(firewall: Firewall, { cidrs }: SdnSpec, { ip, mark: number, because }: EgressClaim): void {
  const mark = `0x${number.toString(16)}`;
  for (const cidr of cidrs) {
    firewall.prepend('nat', 'OPENSHIFT-MASQUERADE', `-s ${cidr} -m mark --mark ${mark} -j SNAT --to-source ${ip}`, because);
    firewall.prepend('nat', 'OPENSHIFT-MASQUERADE', `-s ${cidr} -d ${cidr} -m mark --mark ${mark} -j MASQUERADE`, because);
  }
  firewall.append('filter', 'OPENSHIFT-FIREWALL-ALLOW', `-d ${ip}/32 -m conntrack --ctstate NEW ${REJECT}`, because);
}

/** In each pod: no machine config server, and of the cloud's metadata only its DNS. */
export function programPod(firewall: Firewall, because: Because): void {
  for (const chain of ['OUTPUT', 'FORWARD']) {
    for (const port of MCS_PORTS) firewall.append('filter', chain, `-p tcp -m tcp --dport ${port} ${SYN} ${REJECT}`, because);
    for (const proto of ['tcp', 'udp']) firewall.append('filter', chain, `-d 169.254.169.254/32 -p ${proto} -m ${proto} ! --dport 53 ${REJECT}`, because);
  }
}
