import { formatIp4, type Ip4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import type { NetnsDraft } from '../draft/netns.ts';
import { mtusOf } from './mtu.ts';
import { type CalicoNode, sameSubnet } from './nodes.ts';
import type { Plan } from './plan.ts';
import { formatNet, holds, type Net, parseNet, type Pool } from './pools.ts';
import type { Settings } from './settings.ts';

/** Something that has to be reached on another node: one of its blocks, or a single address out of somebody else's. */
interface Remote extends Net {
  readonly pool: Pool;
  readonly owner: CalicoNode;
  readonly because: Because;
}

/** `proto` as `ip route` prints it: boot, the default of old, is not printed. */
const proto = (settings: Settings): number => (settings.routeProtocol === 3 ? 80 : settings.routeProtocol);

/** A destination as `ip route` prints it: the length of a single address is left out. */
export const destination = (net: Net): string => (net.prefixLen === 32 ? formatIp4(net.ip) : formatNet(net));

/** Routes of one node to pods of others, and the blackholes that keep strangers from asking for addresses that no pod has. */
export function writeRoutes(netns: NetnsDraft, here: CalicoNode, plan: Plan): void {
  const settings = plan.settings(here.name);
  const resolve = resolver(netns);
  const byName = new Map(plan.nodes.map((n) => [n.name, n]));
  const remotes: readonly Remote[] = [
    ...plan.ipam.blocks.map((b) => ({ ...b, owner: byName.get(b.node) })),
    ...plan.ipam.borrowed.map((b) => ({ ...b, prefixLen: 32, owner: byName.get(b.node) })),
  ].flatMap((r) => (r.owner && r.owner !== here ? [{ ip: r.ip, prefixLen: r.prefixLen, pool: r.pool, owner: r.owner, because: { ...r.pool.because, part: `block ${formatNet(r)} of ${r.owner.name}` } }] : []));
  for (const block of plan.ipam.blocks.filter((b) => b.node === here.name)) {
    const because = { ...block.pool.because, part: `block ${formatNet(block)} of ${here.name}` };
    if (block.pool.vxlan === 'Never') netns.route(`blackhole ${formatNet(block)} proto ${settings.felixRoutes ? proto(settings) : 'bird'}`, because);
    else if (plan.vxlan && settings.features.vxlanBlackhole) netns.route(`blackhole ${formatNet(block)} proto ${proto(settings)}`, because);
  }
  for (const remote of remotes) {
    const route = remote.pool.vxlan === 'Never' ? plainRoute(resolve, here, remote, plan, settings) : vxlanRoute(here, remote, plan, settings);
    if (route !== undefined) netns.route(`${destination(remote)} ${route}`, remote.because);
  }
}

/** Routes of pools without VXLAN: BIRD's, for what BGP has brought (confd, bird_ipam.cfg: calico_kernel_programming); from 3.32 on Felix's own when it is told so. */
function plainRoute(resolve: Resolve, here: CalicoNode, { pool, owner }: Remote, plan: Plan, settings: Settings): string | undefined {
  if (!settings.felixRoutes && (!plan.bgp.reaches(owner.name, here.name) || !pool.exported)) return undefined;
  const maker = settings.felixRoutes ? `proto ${proto(settings)}` : 'proto bird';
  const tunnelled = pool.ipip === 'Always' || (pool.ipip === 'CrossSubnet' && !sameSubnet(here, owner));
  if (tunnelled) return plan.ipip ? `via ${formatIp4(owner.ip)} dev tunl0 ${maker} onlink` : undefined;
  if (settings.felixRoutes) return `via ${formatIp4(owner.ip)} dev ${here.dev} ${maker} onlink`;
  const next = resolve(owner.ip);
  return next && `via ${next.via} dev ${next.dev} ${maker}`;
}

/** Routes of pools with VXLAN: Felix's, without BGP (felix/dataplane/linux/vxlan_mgr.go). */
function vxlanRoute(here: CalicoNode, { pool, owner }: Remote, plan: Plan, settings: Settings): string | undefined {
  if (!plan.vxlan) return undefined;
  if (pool.vxlan === 'CrossSubnet' && sameSubnet(here, owner)) return `via ${formatIp4(owner.ip)} dev ${here.dev} proto ${proto(settings)} onlink`;
  const tunnel = plan.ipam.vxlan.get(owner.name);
  const written = settings.routeProtocol === 3 ? '' : ` proto ${settings.routeProtocol}`;
  const mtu = settings.features.vxlanRouteMtu ? ` mtu ${mtusOf(here.node, settings, plan).vxlan}` : '';
  return tunnel && `via ${formatIp4(tunnel.ip)} dev vxlan.calico${written} onlink${mtu}`;
}

/** The way to an address. */
export type Resolve = (ip: Ip4) => { readonly via: string; readonly dev: string } | undefined;

/** How BIRD resolves a next hop that is not on the link: by the longest match of the routes that the machine has now (`gateway recursive`). */
export function resolver(netns: NetnsDraft): Resolve {
  const onLink = netns.devices.filter((d) => WIRED.has(d.kind)).flatMap((d) => (d.addresses ?? []).map((a) => ({ net: parseNet(a.address), via: undefined, dev: d.name })));
  const routes = netns.routes.flatMap((text) => {
    const parts = /^(default|[\d./]+)(?: via ([\d.]+))? dev (\S+)/.exec(text);
    return parts ? [{ net: parts[1] === 'default' ? { ip: 0, prefixLen: 0 } : parseNet(parts[1]), via: parts[2], dev: parts[3] ?? '' }] : [];
  });
  const longestFirst = [...onLink, ...routes].toSorted((a, b) => (b.net?.prefixLen ?? 0) - (a.net?.prefixLen ?? 0));
  return (ip) => {
    const best = longestFirst.find((r) => r.net && holds(r.net, ip));
    return best && { via: best.via ?? formatIp4(ip), dev: best.dev };
  };
}

const WIRED: ReadonlySet<string> = new Set(['nic', 'vlan', 'bridge']);
