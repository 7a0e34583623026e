import type { SourceRef } from './source.ts';

/*
 * OVN's logical network as `ovn-nbctl` and `ovn-sbctl` list it. It gives names to what the OpenFlow rules of an integration bridge do by
 * number; no packet is moved by it.
 */

export interface OvnNetwork {
  readonly switches: readonly LogicalSwitch[];
  readonly routers: readonly LogicalRouter[];
  readonly loadBalancers: readonly LogicalLoadBalancer[];
  readonly chassis: readonly OvnChassis[];
  /** `ovn-sbctl list datapath_binding`: numbers that `metadata` has. */
  readonly datapaths: readonly OvnDatapath[];
  /** `ovn-sbctl list port_binding`: numbers that `reg14` (in) and `reg15` (out) have within their datapath. */
  readonly bindings: readonly OvnBinding[];
  /** undefined: no `lflow-list` was given. */
  readonly flows: readonly LogicalFlow[] | undefined;
  /** How `lflow-list` heads the flows of a switch or router: `"join" (8bf5de15-…)`, by its name. */
  readonly flowHeads?: Readonly<Record<string, string>>;
}

export interface LogicalSwitch {
  readonly name: string;
  /** The name that Neutron has for it. */
  readonly alias?: string;
  readonly uuid: string | undefined;
  readonly ports: readonly LogicalSwitchPort[];
  readonly acls: readonly LogicalAcl[];
  readonly source: SourceRef | undefined;
}

export interface LogicalSwitchPort {
  readonly name: string;
  readonly alias?: string;
  /** '' for a pod or virtual machine; `router`, `localnet`, `localport`, … */
  readonly type: string;
  /** `0a:58:0a:83:00:14 10.131.0.20`, `unknown`, `router`, as they stand. */
  readonly addresses: readonly string[];
  /** The router's port at the other end. */
  readonly routerPort: string | undefined;
  /** All lines below it in `show`, as they stand. */
  readonly settings?: readonly string[];
  readonly source: SourceRef | undefined;
}

export interface LogicalAcl {
  readonly direction: 'from-lport' | 'to-lport';
  readonly priority: number;
  readonly match: string;
  /** `allow-related`, `drop`, … and what stands behind it (`log(…)`). */
  readonly action: string;
  readonly source: SourceRef | undefined;
}

export interface LogicalRouter {
  readonly name: string;
  readonly alias?: string;
  readonly uuid: string | undefined;
  readonly ports: readonly LogicalRouterPort[];
  readonly routes: readonly LogicalRoute[];
  readonly policies: readonly LogicalPolicy[];
  readonly nats: readonly LogicalNat[];
  readonly source: SourceRef | undefined;
}

export interface LogicalRouterPort {
  readonly name: string;
  readonly mac: string | undefined;
  /** `100.64.0.5/16`. */
  readonly networks: readonly string[];
  /** All lines below it in `show`, as they stand. */
  readonly settings?: readonly string[];
  readonly source: SourceRef | undefined;
}

export interface LogicalRoute {
  readonly prefix: string;
  readonly nexthop: string;
  readonly policy: 'dst-ip' | 'src-ip';
  readonly outputPort: string | undefined;
  readonly source: SourceRef | undefined;
}

export interface LogicalPolicy {
  readonly priority: number;
  readonly match: string;
  readonly action: string;
  /** Of `reroute`. */
  readonly nexthop: string | undefined;
  readonly source: SourceRef | undefined;
}

export interface LogicalNat {
  readonly type: 'snat' | 'dnat' | 'dnat_and_snat';
  readonly externalIp: string;
  readonly logicalIp: string;
  /** Of those that `show` lists. */
  readonly uuid?: string;
  /** All lines below it in `show`, as they stand. */
  readonly settings?: readonly string[];
  readonly source: SourceRef | undefined;
}

/** One virtual address of a load balancer. */
export interface LogicalLoadBalancer {
  /** Cut off at 16 characters by the listing. */
  readonly name: string;
  readonly uuid: string | undefined;
  readonly protocol: string;
  /** `172.30.44.86:80`. */
  readonly vip: string;
  /** `10.131.0.20:8080`; none: the service has no endpoints. */
  readonly backends: readonly string[];
  readonly source: SourceRef | undefined;
}

/** A machine with ovn-controller. */
export interface OvnChassis {
  readonly name: string;
  readonly hostname: string | undefined;
  readonly encaps: readonly { readonly type: string; readonly ip: string; /** `{csum="true"}`, verbatim. */ readonly options?: string }[];
  readonly ports: readonly string[];
  readonly source: SourceRef | undefined;
}

export interface OvnDatapath {
  readonly name: string;
  readonly uuid: string | undefined;
  readonly key: number;
  readonly source: SourceRef | undefined;
}

export interface OvnBinding {
  readonly port: string;
  /** UUID of the datapath's binding, as `OvnDatapath.uuid`. */
  readonly datapath: string | undefined;
  readonly key: number;
  readonly source: SourceRef | undefined;
}

/** One line of `ovn-sbctl lflow-list`. */
export interface LogicalFlow {
  /** The switch or router. */
  readonly datapath: string;
  readonly pipeline: 'ingress' | 'egress';
  /** Number within its pipeline, not that of the OpenFlow table. */
  readonly table: number;
  /** `ls_in_acl`. */
  readonly stage: string;
  readonly priority: number;
  readonly match: string;
  readonly actions: string;
  /** The first eight hexadecimal digits of its UUID, which are the cookie of its OpenFlow rules; undefined without `--uuid`. */
  readonly uuid: string | undefined;
  readonly source: SourceRef | undefined;
}

export const NO_OVN: OvnNetwork = { switches: [], routers: [], loadBalancers: [], chassis: [], datapaths: [], bindings: [], flows: undefined };
