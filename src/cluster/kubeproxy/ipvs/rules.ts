import { quote } from '../../../dumps/iptablesTokens.ts';
import type { TableName } from '../../../world/netfilter.ts';
import type { Because } from '../../because.ts';
import type { Firewall } from '../../draft/firewall.ts';
import type { Source } from '../detector.ts';
import type { ProxyVersion } from '../version.ts';
import { commentOf, type ProxySets, type SetName } from './sets.ts';

/** What the rules depend on, besides the sets. */
export interface RuleSettings {
  readonly version: ProxyVersion;
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  /** How to tell that a packet comes from no pod of this node; undefined when there is no way. */
  readonly notLocal: Source | undefined;
  /** Load-balancer addresses that this node itself may not use. */
  readonly closedToNode: readonly { readonly ip: string; readonly proto: number; readonly port: number; readonly because: Because }[];
  readonly because: Because | undefined;
}

const comment = (text: string): string => `-m comment --comment ${quote(text)}`;
const inSet = (name: SetName, which: string): string => `-m set --match-set ${name} ${which}`;

/**
 * iptables rules of kube-proxy in IPVS mode, as a save prints them (writeIptablesRules() and createAndLinkKubeChain(),
 * pkg/proxy/ipvs/proxier.go). Each version's chains in the order in which it writes their rules.
 */
export function writeRules(firewall: Firewall, sets: ProxySets, settings: RuleSettings): void {
  new RuleWriter(firewall, sets, settings).write();
}

/** Chains and who jumps to them: table, from, to, comment (iptablesJumpChain), each put in front of the one before. */
const JUMPS: readonly { readonly table: TableName; readonly from: string; readonly to: string; readonly says: string; readonly since?: number }[] = [
  { table: 'nat', from: 'OUTPUT', to: 'KUBE-SERVICES', says: 'kubernetes service portals' },
  { table: 'nat', from: 'PREROUTING', to: 'KUBE-SERVICES', says: 'kubernetes service portals' },
  { table: 'nat', from: 'POSTROUTING', to: 'KUBE-POSTROUTING', says: 'kubernetes postrouting rules' },
  { table: 'filter', from: 'FORWARD', to: 'KUBE-FORWARD', says: 'kubernetes forwarding rules' },
  { table: 'filter', from: 'INPUT', to: 'KUBE-NODE-PORT', says: 'kubernetes health check rules', since: 21 },
  { table: 'filter', from: 'INPUT', to: 'KUBE-PROXY-FIREWALL', says: 'kube-proxy firewall rules', since: 25 },
  { table: 'filter', from: 'FORWARD', to: 'KUBE-PROXY-FIREWALL', says: 'kube-proxy firewall rules', since: 25 },
  { table: 'filter', from: 'INPUT', to: 'KUBE-IPVS-FILTER', says: 'kubernetes ipvs access filter', since: 26 },
  { table: 'filter', from: 'OUTPUT', to: 'KUBE-IPVS-OUT-FILTER', says: 'kubernetes ipvs access filter', since: 29 },
];

class RuleWriter {
  readonly #firewall: Firewall;
  readonly #sets: ProxySets;
  readonly #settings: RuleSettings;
  readonly #from: (minor: number) => boolean;

  constructor(firewall: Firewall, sets: ProxySets, settings: RuleSettings) {
    this.#firewall = firewall;
    this.#sets = sets;
    this.#settings = settings;
    this.#from = settings.version.from;
  }

  write(): void {
    this.#chains();
    this.#jumps();
    if (this.#from(26)) this.#nat('KUBE-SERVICES', '-s 127.0.0.0/8 -j RETURN');
    this.#setRules();
    this.#clusterIp();
    this.#externalIps();
    this.#nat('KUBE-SERVICES', '-m addrtype --dst-type LOCAL -j KUBE-NODE-PORT');
    this.#nat('KUBE-LOAD-BALANCER', '-j KUBE-MARK-MASQ');
    if (this.#from(25)) this.#filter('KUBE-SOURCE-RANGES-FIREWALL', '-j DROP');
    else this.#nat('KUBE-FIREWALL', '-j KUBE-MARK-DROP');
    if (this.#from(29)) this.#closedToNode();
    for (const name of ['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const) if (!this.#sets.isEmpty(name)) this.#nat('KUBE-SERVICES', `${inSet(name, 'dst,dst')} -j ACCEPT`);
    this.#forward();
    if (this.#from(21)) this.#filter('KUBE-NODE-PORT', `${this.#asked('KUBE-HEALTH-CHECK-NODE-PORT', 'dst')} -j ACCEPT`);
    if (this.#from(26)) this.#accessFilter();
    this.#masquerading();
  }

  #chains(): void {
    const since25 = ['KUBE-PROXY-FIREWALL', 'KUBE-SOURCE-RANGES-FIREWALL'];
    const nat = ['KUBE-SERVICES', 'KUBE-POSTROUTING', ...(this.#from(25) ? [] : ['KUBE-FIREWALL', 'KUBE-MARK-DROP']), 'KUBE-NODE-PORT', 'KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ'];
    const filter = ['KUBE-FORWARD', ...(this.#from(21) ? ['KUBE-NODE-PORT'] : []), ...(this.#from(25) ? since25 : []), ...(this.#from(26) ? ['KUBE-IPVS-FILTER'] : []), ...(this.#from(29) ? ['KUBE-IPVS-OUT-FILTER'] : [])];
    for (const name of nat) this.#firewall.chain('nat', name);
    for (const name of filter) this.#firewall.chain('filter', name);
    // What kubelet may have put there before: kube-proxy writes these two as a whole.
    for (const name of ['KUBE-POSTROUTING', 'KUBE-MARK-MASQ']) this.#firewall.flush('nat', name);
  }

  #jumps(): void {
    for (const { table, from, to, says, since } of JUMPS) {
      const rule = `${comment(says)} -j ${to}`;
      // EnsureRule(): kubelet has the jump to KUBE-POSTROUTING already.
      if ((since === undefined || this.#from(since)) && !this.#firewall.rules(table, from).includes(rule)) this.#firewall.prepend(table, from, rule, this.#settings.because);
    }
  }

  /** Rules that only ask for a set (ipsetWithIptablesChain); they are there while the set has members. */
  #setRules(): void {
    this.#ifAny('nat', 'KUBE-POSTROUTING', 'KUBE-LOOP-BACK', 'dst,dst,src', 'MASQUERADE');
    this.#ifAny('nat', 'KUBE-SERVICES', 'KUBE-LOAD-BALANCER', 'dst,dst', 'KUBE-LOAD-BALANCER');
    if (!this.#from(25)) this.#sourceRanges('nat', 'KUBE-LOAD-BALANCER', 'KUBE-FIREWALL');
    this.#ifAny('nat', 'KUBE-LOAD-BALANCER', 'KUBE-LOAD-BALANCER-LOCAL', 'dst,dst', 'RETURN');
    for (const [proto, upper] of [['tcp', 'TCP'], ['udp', 'UDP']] as const) {
      this.#ifAny('nat', 'KUBE-NODE-PORT', `KUBE-NODE-PORT-LOCAL-${upper}`, 'dst', 'RETURN', `-p ${proto} `);
      this.#ifAny('nat', 'KUBE-NODE-PORT', `KUBE-NODE-PORT-${upper}`, 'dst', 'KUBE-MARK-MASQ', `-p ${proto} `);
    }
    // Up to 1.22 the other way round, so that every SCTP node port is masqueraded (kubernetes#104755).
    const sctp = [['KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'RETURN'], ['KUBE-NODE-PORT-SCTP-HASH', 'KUBE-MARK-MASQ']] as const;
    for (const [name, target] of this.#from(23) ? sctp : sctp.toReversed()) this.#ifAny('nat', 'KUBE-NODE-PORT', name, 'dst,dst', target, '-p sctp ');
    if (this.#from(25)) this.#sourceRanges('filter', 'KUBE-PROXY-FIREWALL', 'KUBE-SOURCE-RANGES-FIREWALL');
  }

  /** Load-balancer addresses with source ranges: who is in none falls through to the end of the chain, which drops. */
  #sourceRanges(table: TableName, entry: string, chain: string): void {
    this.#ifAny(table, entry, 'KUBE-LOAD-BALANCER-FW', 'dst,dst', chain);
    this.#ifAny(table, chain, 'KUBE-LOAD-BALANCER-SOURCE-CIDR', 'dst,dst,src', 'RETURN');
    this.#ifAny(table, chain, 'KUBE-LOAD-BALANCER-SOURCE-IP', 'dst,dst,src', 'RETURN');
  }

  #clusterIp(): void {
    if (this.#sets.isEmpty('KUBE-CLUSTER-IP')) return;
    const { masqueradeAll, notLocal } = this.#settings;
    // Without a way to tell pods, only the node itself: to a service address its source is that very address.
    const which = masqueradeAll || notLocal ? 'dst,dst' : 'src,dst';
    const from = masqueradeAll || !notLocal ? '' : `${notLocal.src ?? notLocal.in} `;
    this.#nat('KUBE-SERVICES', `${from}${this.#asked('KUBE-CLUSTER-IP', which)} -j KUBE-MARK-MASQ`);
  }

  #externalIps(): void {
    for (const name of ['KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const) {
      if (this.#sets.isEmpty(name)) continue;
      const asked = this.#asked(name, 'dst,dst');
      if (name === 'KUBE-EXTERNAL-IP') this.#nat('KUBE-SERVICES', `${asked} -j KUBE-MARK-MASQ`);
      this.#nat('KUBE-SERVICES', `${asked} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`);
      this.#nat('KUBE-SERVICES', `${asked} -m addrtype --dst-type LOCAL -j ACCEPT`);
    }
  }

  /** To a load-balancer address a node's own packet has that address for source, so source ranges cannot tell it. */
  #closedToNode(): void {
    for (const { ip, proto, port, because } of this.#settings.closedToNode)
      this.#firewall.append('filter', 'KUBE-IPVS-OUT-FILTER', `-s ${ip}/32 -m ipvs --vproto ${proto} --vaddr ${ip} --vport ${port} -j DROP`, because);
  }

  #forward(): void {
    const established = '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';
    this.#filter('KUBE-FORWARD', `${comment('kubernetes forwarding rules')} -m mark --mark ${this.#mark}/${this.#mark} -j ACCEPT`);
    for (const says of this.#from(23) ? ['kubernetes forwarding conntrack rule'] : ['kubernetes forwarding conntrack pod source rule', 'kubernetes forwarding conntrack pod destination rule'])
      this.#filter('KUBE-FORWARD', `${comment(says)} ${established}`);
  }

  /** Keeps other ports of the host from being reached through an address of a service (kubernetes#72236). */
  #accessFilter(): void {
    const through = (name: SetName, which: string): void => this.#filter('KUBE-IPVS-FILTER', `${inSet(name, which)} -j RETURN`);
    for (const name of ['KUBE-LOAD-BALANCER', 'KUBE-CLUSTER-IP', 'KUBE-EXTERNAL-IP'] as const) through(name, 'dst,dst');
    if (this.#from(31)) through('KUBE-EXTERNAL-IP-LOCAL', 'dst,dst');
    if (this.#from(28)) through('KUBE-HEALTH-CHECK-NODE-PORT', 'dst');
    this.#filter('KUBE-IPVS-FILTER', `-m conntrack --ctstate NEW ${inSet('KUBE-IPVS-IPS', 'dst')} -j REJECT --reject-with icmp-port-unreachable`);
  }

  #masquerading(): void {
    this.#nat('KUBE-POSTROUTING', `-m mark ! --mark ${this.#mark}/${this.#mark} -j RETURN`);
    this.#nat('KUBE-POSTROUTING', `-j MARK --set-xmark ${this.#mark}/0x0`);
    this.#nat('KUBE-POSTROUTING', `${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`);
    this.#nat('KUBE-MARK-MASQ', `-j MARK --set-xmark ${this.#mark}/${this.#mark}`);
  }

  get #mark(): string {
    return `0x${(2 ** this.#settings.masqueradeBit).toString(16)}`;
  }

  #asked(name: SetName, which: string): string {
    return `${comment(commentOf(name))} ${inSet(name, which)}`;
  }

  #ifAny(table: TableName, chain: string, name: SetName, which: string, target: string, before = ''): void {
    if (!this.#sets.isEmpty(name)) this.#firewall.append(table, chain, `${before}${this.#asked(name, which)} -j ${target}`, this.#settings.because);
  }

  #nat(chain: string, args: string): void {
    this.#firewall.append('nat', chain, args, this.#settings.because);
  }

  #filter(chain: string, args: string): void {
    this.#firewall.append('filter', chain, args, this.#settings.because);
  }
}
