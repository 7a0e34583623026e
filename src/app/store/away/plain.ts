import type { ClusterWorld } from '../../../cluster/world.ts';
import { needingChain } from '../../../engine/netfilter/needsConntrack.ts';
import { plainChain } from '../../../dumps/iptablesOnDemand.ts';
import type { Trace } from '../../../engine/trace-types.ts';
import type { OvsBridge } from '../../../world/openflow.ts';
import type { Host, Netns, World } from '../../../world/world.ts';

/** Where the files of a namespace lie in a bundle. */
export const folderOf = (host: string, netns: string | null): string => (netns === null ? host : `${host}/netns/${netns}`);

const chainKey = (host: string, netns: string | null, table: string, chain: string): string => `${folderOf(host, netns)} ${table} ${chain}`;

/**
 * Plain data of a world in which much of compiled machines is made when it is looked at. Only what the walk met is looked at and sent: the
 * firewalls of the namespaces that it entered, and of their rules those of the chains that it went through. It can be walked again so.
 */
export function plainWorld({ world, compiled }: ClusterWorld, walked: Trace | undefined): World {
  const steps = walked?.steps ?? [];
  const entered = new Set(steps.map((s) => folderOf(s.host, s.netns)));
  const chains = new Set(steps.flatMap((s) => ('table' in s && 'chain' in s ? [chainKey(s.host, s.netns, s.table, s.chain)] : [])));
  const netnsOf = (host: Host, netns: Netns): Netns =>
    entered.has(folderOf(host.name, netns.name)) ? withChains(netns, (table, chain) => chains.has(chainKey(host.name, netns.name, table, chain))) : { ...without(netns, FIREWALL), tables: undefined, ipsets: [], ipvs: [] };
  const plain = (host: Host): Host => {
    if (!compiled.has(host.name)) return host;
    const bare = host.ovs && !host.netns.some((n) => entered.has(folderOf(host.name, n.name)));
    return { ...host, netns: host.netns.map((n) => netnsOf(host, n)), ...(bare ? { ovs: host.ovs.map((b) => ({ ...without(b, RULES), flows: undefined, groups: undefined })) } : {}) };
  };
  return { ...world, hosts: world.hosts.map(plain) };
}

/** With the rules of those chains, and of the one because of which connections are tracked; the others are empty. */
function withChains(netns: Netns, wanted: (table: string, chain: string) => boolean): Netns {
  const needing = needingChain(netns);
  return {
    ...netns,
    tables: netns.tables?.map((table) => ({ ...table, chains: table.chains.map((chain) => plainChain(chain, chain === needing || wanted(table.name, chain.name))) })),
  };
}

const FIREWALL = ['tables', 'ipsets', 'ipvs'] as const satisfies readonly (keyof Netns)[];
const RULES = ['flows', 'groups'] as const satisfies readonly (keyof OvsBridge)[];

/** The other fields; these are not looked at. */
const without = <T extends object, K extends keyof T>(whole: T, keys: readonly K[]): Omit<T, K> =>
  Object.fromEntries(Object.keys(whole).flatMap((key) => ((keys as readonly string[]).includes(key) ? [] : [[key, whole[key as K]]]))) as unknown as Omit<T, K>;
