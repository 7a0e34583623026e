import type { Because } from '../../because.ts';
import type { Sets } from '../../draft/sets.ts';
import type { ProxyVersion } from '../version.ts';

/** An ipset of kube-proxy (ipsetInfo, pkg/proxy/ipvs/proxier.go). */
interface SetInfo {
  readonly type: string;
  /** What rules that ask for it say in their comment. */
  readonly comment: string;
  /** The 1.x that made it first; absent: all that were read. */
  readonly since?: number;
}

const hash = (dimensions: string): string => `hash:${dimensions} family inet hashsize 1024 maxelem 65536`;
const PORTS = 'bitmap:port range 0-65535';
const IP_PORT = hash('ip,port');

/** In the order of ipsetInfo. */
const SETS = {
  'KUBE-LOOP-BACK': { type: hash('ip,port,ip'), comment: 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose' },
  'KUBE-CLUSTER-IP': { type: IP_PORT, comment: 'Kubernetes service cluster ip + port for masquerade purpose' },
  'KUBE-EXTERNAL-IP': { type: IP_PORT, comment: 'Kubernetes service external ip + port for masquerade and filter purpose' },
  'KUBE-EXTERNAL-IP-LOCAL': { type: IP_PORT, comment: 'Kubernetes service external ip + port with externalTrafficPolicy=local' },
  'KUBE-LOAD-BALANCER': { type: IP_PORT, comment: 'Kubernetes service lb portal' },
  'KUBE-LOAD-BALANCER-FW': { type: IP_PORT, comment: 'Kubernetes service load balancer ip + port for load balancer with sourceRange' },
  'KUBE-LOAD-BALANCER-LOCAL': { type: IP_PORT, comment: 'Kubernetes service load balancer ip + port with externalTrafficPolicy=local' },
  'KUBE-LOAD-BALANCER-SOURCE-IP': { type: hash('ip,port,ip'), comment: 'Kubernetes service load balancer ip + port + source IP for packet filter purpose' },
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': { type: hash('ip,port,net'), comment: 'Kubernetes service load balancer ip + port + source cidr for packet filter purpose' },
  'KUBE-NODE-PORT-TCP': { type: PORTS, comment: 'Kubernetes nodeport TCP port for masquerade purpose' },
  'KUBE-NODE-PORT-LOCAL-TCP': { type: PORTS, comment: 'Kubernetes nodeport TCP port with externalTrafficPolicy=local' },
  'KUBE-NODE-PORT-UDP': { type: PORTS, comment: 'Kubernetes nodeport UDP port for masquerade purpose' },
  'KUBE-NODE-PORT-LOCAL-UDP': { type: PORTS, comment: 'Kubernetes nodeport UDP port with externalTrafficPolicy=local' },
  'KUBE-NODE-PORT-SCTP-HASH': { type: IP_PORT, comment: "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'" },
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': { type: IP_PORT, comment: "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'" },
  'KUBE-HEALTH-CHECK-NODE-PORT': { type: PORTS, comment: 'Kubernetes health check node port', since: 21 },
  'KUBE-IPVS-IPS': { type: hash('ip'), comment: 'Addresses on the ipvs interface', since: 26 },
} as const satisfies Readonly<Record<string, SetInfo>>;

export type SetName = keyof typeof SETS;

const INFOS: readonly (SetInfo & { readonly name: SetName })[] = Object.entries(SETS).map(([name, info]) => ({ name: name as SetName, ...info }));

export const commentOf = (name: SetName): string => SETS[name].comment;

/** The sets of kube-proxy on one node, in the spelling of `ipset save`. */
export class ProxySets {
  readonly #draft: Sets;

  /** Makes those that this version has. Empty ones are there, too: rules may name them. */
  constructor(draft: Sets, version: ProxyVersion, because: Because | undefined) {
    this.#draft = draft;
    for (const { name, type, since } of INFOS) if (since === undefined || version.from(since)) draft.create(name, type, because);
  }

  /** Nothing where the version does not have the set. */
  add(name: SetName, member: string, because: Because): void {
    if (this.#draft.has(name)) this.#draft.add(name, member, because);
  }

  has(name: SetName): boolean {
    return this.#draft.has(name);
  }

  isEmpty(name: SetName): boolean {
    return this.#draft.size(name) === 0;
  }
}

/** `10.0.0.1,tcp:80`. */
export const ipPort = (ip: string, proto: string, port: number): string => `${ip},${proto}:${port}`;
