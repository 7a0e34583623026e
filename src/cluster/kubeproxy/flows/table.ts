/**
 * What kube-proxy in iptables mode must do with a packet, as data (for IPVS mode see ipvsFlows.ts). A table describes one small cluster and is run once for each of its versions: the
 * objects are compiled, and the packet is sent through what came out. Expectations are those of kube-proxy itself: its traffic policies,
 * its own tests, its source where those are silent; where the kernel does something else with the rules than their author meant, the
 * kernel's answer stands, with the reason.
 *
 * All clusters have two nodes. The packets go to or through `n1`:
 *
 *     n1  eth0 192.168.0.2, eth1 192.168.1.2   pods 10.180.0.0/24     n2  eth0 192.168.0.3   pods 10.180.2.0/24
 */
export interface FlowTable {
  readonly name: string;
  /** Minor versions of kube-proxy 1.x. */
  readonly versions: readonly number[];
  /** Fields of the KubeProxyConfiguration; `mode: iptables` and `clusterCIDR: 10.0.0.0/8` unless it says otherwise. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Labels of node n1. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly services: readonly FlowService[];
  readonly flows: readonly Flow[];
}

export interface FlowService {
  /** Its namespace is `ns1`. */
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** `status.loadBalancer.ingress`. */
  readonly ingress?: readonly { readonly ip: string; readonly ipMode?: 'VIP' | 'Proxy' }[];
  readonly endpoints: readonly FlowEndpoint[];
  /** Ports of its EndpointSlice; else the service's own. */
  readonly targets?: readonly { readonly name?: string; readonly port: number; readonly protocol?: 'TCP' | 'UDP' | 'SCTP' }[];
}

/** `10.180.0.1@n1`: the address of a pod and its node. */
export type FlowEndpoint = string | { readonly at: string; readonly conditions?: Readonly<Record<string, boolean>>; readonly hints?: Readonly<Record<string, unknown>> };

export interface Flow {
  /** `pod`: one of n1 that is no endpoint; `node`: a process of n1; `localhost`: the same, from 127.0.0.1; `outside`: 203.0.113.2; else an address, of a pod or of somebody outside. */
  readonly from: string;
  /** `172.30.0.41:80`, with `/udp` or `/sctp` behind it. */
  readonly to: string;
  /**
   * Endpoints, each of which gets it with some probability, and nobody else; `reject`: an ICMP port unreachable comes back; `drop`;
   * `node`: a socket of n1 gets it; `none`: no rule of a service takes it, and it goes where it was sent.
   */
  readonly ends: readonly string[] | 'reject' | 'drop' | 'node' | 'none';
  /** The sender's address is hidden. */
  readonly masq?: boolean;
  /** The same client comes back to the same endpoint. */
  readonly sticky?: boolean;
  /** A rule of this chain of table filter must have matched. */
  readonly by?: string;
  readonly because?: string;
}

/** Every version whose behaviour is written down. */
export const EVERY: readonly number[] = [18, 19, 20, 22, 23, 24, 25, 27, 31, 33, 34, 36];

export const since = (minor: number): readonly number[] => EVERY.filter((v) => v >= minor);
export const upTo = (minor: number): readonly number[] => EVERY.filter((v) => v <= minor);
export const between = (from: number, to: number): readonly number[] => EVERY.filter((v) => v >= from && v <= to);
