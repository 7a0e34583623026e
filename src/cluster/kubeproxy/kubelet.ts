import type { NodeContext } from '../component.ts';
import { hex } from '../../packet/address.ts';
import { comment, savedRule } from './savedRule.ts';
import { nearestRead } from './version.ts';

/** The mark of packets that are to be dropped: kubelet's `--iptables-drop-bit`, 15. */
const DROP_MARK = hex(1 << 15);

/**
 * Rules that the kubelet writes before kube-proxy starts (pkg/kubelet/kubelet_network_linux.go). Up to 1.26 these are the chains for marks;
 * later only what keeps others from 127.0.0.0/8 (gate IPTablesOwnershipCleanup).
 */
export function programKubelet({ node, host }: NodeContext): void {
  const { firewall } = host.own;
  const version = nearestRead(node.kubeletVersion ?? node.kubeProxyVersion);
  const because = { ...node.because, part: 'kubelet' };
  if (!version.from(27)) {
    firewall.append('nat', 'KUBE-MARK-DROP', `-j MARK --set-xmark ${DROP_MARK}/${DROP_MARK}`, because);
    firewall.append(
      'filter',
      'KUBE-FIREWALL',
      savedRule({ matches: [comment('kubernetes firewall for dropping marked packets'), `-m mark --mark ${DROP_MARK}/${DROP_MARK}`], target: 'DROP' }),
      because,
    );
  }
  firewall.append(
    'filter',
    'KUBE-FIREWALL',
    savedRule({ src: '! -s 127.0.0.0/8', dst: '-d 127.0.0.0/8', matches: [comment('block incoming localnet connections'), '-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT'], target: 'DROP' }),
    because,
  );
  for (const chain of ['OUTPUT', 'INPUT']) firewall.prepend('filter', chain, '-j KUBE-FIREWALL', because);
}
