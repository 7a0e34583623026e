import { formatIp4 } from '../../packet/address.ts';
import type { Prefix } from '../../world/world.ts';
import type { Because } from '../because.ts';
import { cniChain, cniComment, sandboxId } from '../cni/names.ts';
import type { Firewall } from '../draft/firewall.ts';
import type { PodModel } from '../model.ts';
import type { FlannelConfig } from './config.ts';
import type { Lease } from './leases.ts';
import { isSince } from './version.ts';

export const prefixText = ({ ip, prefixLen }: Prefix): string => `${formatIp4(ip)}/${prefixLen}`;

const comment = (text: string): string => `-m comment --comment "flanneld ${text}" `;

/** What flanneld writes: network/iptables.go up to 0.20, pkg/iptables/iptables.go to 0.24, pkg/trafficmngr/iptables/iptables.go since. */
export function programFlanneld(firewall: Firewall, config: FlannelConfig, lease: Lease): void {
  const { version } = config;
  if (config.ipMasq) {
    const because = config.because('ip-masq');
    const rules = masqueradeRules(config, lease);
    if (!isSince(version, 20)) for (const rule of rules) firewall.append('nat', 'POSTROUTING', rule, because);
    else chain(firewall, config, 'nat', 'POSTROUTING', 'FLANNEL-POSTRTG', 'masq', rules, because);
  }
  const network = prefixText(config.network);
  // Comments came with 0.17.
  const words = isSince(version, 17) ? comment('forward') : '';
  const rules = [`-s ${network} ${words}-j ACCEPT`, `-d ${network} ${words}-j ACCEPT`];
  const because = config.because('Network');
  if (!isSince(version, 20)) for (const rule of rules) firewall.append('filter', 'FORWARD', rule, because);
  else chain(firewall, config, 'filter', 'FORWARD', 'FLANNEL-FWD', 'forward', rules, because);
}

/** Chains of Flannel's own, since 0.20; the jump stood first until 0.21.2. */
function chain(firewall: Firewall, { version }: FlannelConfig, table: 'nat' | 'filter', base: string, name: string, words: string, rules: readonly string[], because: Because): void {
  firewall.chain(table, name);
  const jump = `${comment(words)}-j ${name}`;
  if (isSince(version, 21, 3)) firewall.append(table, base, jump, because);
  else firewall.prepend(table, base, jump, because);
  for (const rule of rules) firewall.append(table, name, rule, because);
}

/** MasqRules(). `--random-fully`: the iptables of Flannel's images has it. */
function masqueradeRules({ version, network }: FlannelConfig, { subnet }: Lease): readonly string[] {
  const [n, sn] = [prefixText(network), prefixText(subnet)];
  const words = isSince(version, 17) ? comment('masq') : '';
  const leaving = `-s ${n} ! -d 224.0.0.0/4 ${words}-j MASQUERADE --random-fully`;
  const toOwnPods = `! -s ${n} -d ${sn} ${words}-j RETURN`;
  const toPods = `! -s ${n} -d ${n} ${words}-j MASQUERADE --random-fully`;
  const marked = `-m mark --mark 0x4000/0x4000 ${words}-j RETURN`;
  if (isSince(version, 21)) return [marked, `-s ${sn} -d ${n} ${words}-j RETURN`, `-s ${n} -d ${sn} ${words}-j RETURN`, toOwnPods, leaving, toPods];
  return [...(isSince(version, 20, 2) ? [marked] : []), `-s ${n} -d ${n} ${words}-j RETURN`, leaving, toOwnPods, toPods];
}

/** SetupIPMasq() (plugins pkg/ip/ipmasq_iptables_linux.go): the bridge plugin masquerades where flanneld does not. */
export function programBridgeMasquerade(firewall: Firewall, config: FlannelConfig, lease: Lease, pods: readonly PodModel[]): void {
  if (!config.bridge.ipMasq) return;
  for (const pod of pods) {
    const id = sandboxId(pod);
    const name = cniChain('', config.bridge.network, id);
    const words = cniComment(`name: "${config.bridge.network}" id: "${id}"`);
    firewall.chain('nat', name);
    firewall.append('nat', 'POSTROUTING', `-s ${formatIp4(pod.ip)}/32 ${words} -j ${name}`, pod.because);
    firewall.append('nat', name, `-d ${prefixText(lease.subnet)} ${words} -j ACCEPT`, pod.because);
    firewall.append('nat', name, `! -d 224.0.0.0/4 ${words} -j MASQUERADE`, pod.because);
  }
}
