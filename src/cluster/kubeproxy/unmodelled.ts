import type { NodeContext } from '../component.ts';
import { comment, savedRule } from './savedRule.ts';
import { unitsOf } from './units.ts';
import { nearestRead } from './version.ts';

/**
 * Modes of kube-proxy that are not modelled leave what takes the packets on the real node: the walk ends there as unknown, and never as if
 * there were no services.
 */

/** The table of mode nftables with the rule that every new connection meets first. */
export function wireNftables({ node, host }: NodeContext): void {
  const table = ['table ip kube-proxy {', '\tchain services {', '\t\tip daddr . meta l4proto . th dport vmap @service-ips', '\t}', '}'];
  host.own.listing('nft list ruleset', table.join('\n'), { ...node.because, part: 'kube-proxy' });
}

/** Mode userspace sends packets to a port of kube-proxy that is drawn when it starts, and kube-proxy connects on. */
const TO_ITSELF = 'REDIRECT --to-ports kube-proxy';

export function programUserspace({ cluster, node, host }: NodeContext): void {
  const { firewall } = host.own;
  for (const [chain, portals] of [
    ['PREROUTING', 'KUBE-PORTALS-CONTAINER'],
    ['OUTPUT', 'KUBE-PORTALS-HOST'],
  ] as const) {
    firewall.chain('nat', portals);
    firewall.prepend('nat', chain, savedRule({ matches: [comment('handle ClusterIPs; NOTE: this must be before the NodePort rules')], target: portals }));
    for (const unit of unitsOf(cluster, nearestRead(node.kubeProxyVersion))) {
      const to = (dst: string | undefined, port: number, local: readonly string[]): void =>
        firewall.append('nat', portals, savedRule({ dst, proto: unit.proto, matches: [comment(unit.name), ...local, `-m ${unit.proto} --dport ${port}`], target: TO_ITSELF }), unit.because);
      for (const ip of [unit.clusterIp, ...unit.externalIps, ...unit.vips]) to(`-d ${ip}/32`, unit.port, []);
      if (unit.nodePort !== undefined) to(undefined, unit.nodePort, ['-m addrtype --dst-type LOCAL']);
    }
  }
}
