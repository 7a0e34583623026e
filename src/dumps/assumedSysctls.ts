import type { Netns } from '../world/world.ts';

/** Felix's interfaces of pods (`interfacePrefix`), each with a name of its own. */
const CALICO_END = /^cali[0-9a-f]{11}$/;

/**
 * What a Kubernetes node has set where no `sysctl` output says it: it forwards and lets iptables see bridged packets (kubeadm's preflight checks, kubelet), kube-proxy's
 * settings of IPVS where it has virtual servers (NewProxier(), pkg/proxy/ipvs), and Calico's of the devices of pods (configureInterface(), felix).
 */
export function assumedSysctls({ links, ipvs }: Netns): Readonly<Record<string, string>> {
  const bridged = links.some((l) => l.kind === 'bridge');
  return {
    'net.ipv4.ip_forward': '1',
    'net.ipv4.conf.all.forwarding': '1',
    ...(bridged ? { 'net.bridge.bridge-nf-call-iptables': '1' } : {}),
    ...(ipvs.length > 0 ? { 'net.ipv4.vs.conntrack': '1', 'net.ipv4.vs.conn_reuse_mode': '0', 'net.ipv4.vs.expire_nodest_conn': '1', 'net.ipv4.vs.expire_quiescent_template': '1' } : {}),
    ...Object.fromEntries(links.filter((l) => CALICO_END.test(l.name)).flatMap((l) => ['proxy_arp', 'route_localnet', 'forwarding'].map((key) => [`net.ipv4.conf.${l.name}.${key}`, '1']))),
  };
}
