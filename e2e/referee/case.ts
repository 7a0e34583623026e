import type { ProbeJson } from '../../src/cli/probeJson.ts';
import type { Bundle } from '../../src/dumps/bundle.ts';

/**
 * What a case needs beyond a plain kernel with namespaces, veth, bridge, vxlan and iptables: then only a kernel that has it
 * can judge it. A need is the name of a module (`ip_vs`, `ipip`, `ip_gre`, `geneve`, `dummy`, `8021q`, `bridge_vlan`, `macvlan`, `nfacct`, `ip_set_hash_mac`).
 */
export type Need = string;

/** One small world, and packets through it, that the kernel and the engine must agree about. */
export interface RefereeCase {
  /** The behaviour, as a sentence without a subject of its own: `DNAT to a range keeps the port`. Unique in the catalogue. */
  readonly name: string;
  /** Items of the coverage table that this case is about: `match:tcp-flags`, `target:DNAT`, `set:hash:ip,port`, `hook:order`, `ct:zone`, `route:blackhole`, `bridge:hairpin`, `tunnel:vxlan`, `ipvs:wrr`, `icmp:frag-needed`, … */
  readonly covers: readonly string[];
  readonly needs?: readonly Need[];
  /** Judged by full runs alone. */
  readonly full?: boolean;
  /** The world as dumps: what a user would paste. */
  readonly files: Bundle;
  /** Each starts from the state of the files. */
  readonly probes: readonly ProbeJson[];
}
