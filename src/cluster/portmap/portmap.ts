import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { parsePrefix } from '../../dumps/words.ts';
import { formatIp4, hex, maskOf, parseIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import { type Conflist, conflistsIn } from '../cni/conflist.ts';
import { cniChain, cniComment, sandboxId } from '../cni/names.ts';
import type { Component, NodeContext } from '../component.ts';
import type { Firewall } from '../draft/firewall.ts';
import type { HostDraft } from '../draft/host.ts';
import type { NetnsDraft } from '../draft/netns.ts';
import { type ClusterModel, podsOfNode, type PodModel } from '../model.ts';
import { field, listOf, textOf } from '../objects/document.ts';

/** Ports of one rule of `multiport` (splitPortList(), plugins/meta/portmap/utils.go). */
const MOST_PORTS = 15;

/** What the configuration of the plugin says, with its defaults (parseConfig(), plugins/meta/portmap/main.go). */
interface PortmapConfig {
  readonly network: string;
  /** Marks what needs to be masqueraded: connections of a pod to itself, and from 127.0.0.1. */
  readonly snat: boolean;
  readonly masqAll: boolean;
  /** Bit as `0x2000/0x2000`. */
  readonly mark: string;
  /** A chain that exists already and marks, such as KUBE-MARK-MASQ. */
  readonly setMarkChain: string | undefined;
}

interface HostPort {
  readonly protocol: string;
  readonly hostPort: number;
  /** Undefined: every address of the node. */
  readonly hostIp: string | undefined;
  readonly containerPort: number;
}

/** hostPorts of pods, by the CNI plugin portmap; undefined where no configuration list names it. */
export function portmapOf(cluster: ClusterModel, found: DiagnosticList): Component | undefined {
  const config = configIn(cluster, found);
  if (!config) return undefined;
  const podsOf = (name: string): readonly PodModel[] => podsOfNode(cluster, name).filter((p) => !p.hostNetwork && !p.ended && hostPortsOf(p).length > 0);
  return {
    name: 'portmap',
    wire: ({ host, node }: NodeContext) => {
      if (!config.snat) return;
      // enableLocalnetRouting(): on the device that leads to the pod, so that 127.0.0.1 can be a source there.
      for (const pod of podsOf(node.name)) {
        const dev = deviceTo(host.own, pod);
        if (dev !== undefined) host.own.sysctl(`net.ipv4.conf.${dev}.route_localnet`, 1, becauseOfPorts(pod));
      }
    },
    program: ({ host, node }: NodeContext) => {
      for (const pod of podsOf(node.name)) forwardPorts(host, config, pod);
    },
  };
}

function configIn(cluster: ClusterModel, found: DiagnosticList): PortmapConfig | undefined {
  const lists = conflistsIn(cluster.documents, found);
  const list = lists.find((l) => l.plugins.some((p) => p.type === 'portmap'));
  if (list) return configOf(list, found);
  // Flannel's manifest without its cni-conf.json: as the manifest has it.
  const flannel = cluster.documents.some((d) => d.kind === 'ConfigMap' && textOf(field(d.value, 'data', 'net-conf.json')) !== undefined);
  return flannel && lists.length === 0 ? { network: 'cbr0', snat: true, masqAll: false, mark: '0x2000/0x2000', setMarkChain: undefined } : undefined;
}

function configOf({ name, plugins, document: manifest }: Conflist, found: DiagnosticList): PortmapConfig {
  const config = plugins.find((p) => p.type === 'portmap')?.config;
  const bit = field(config, 'markMasqBit');
  const mark = hex(2 ** (typeof bit === 'number' && Number.isInteger(bit) && bit >= 0 && bit <= 31 ? bit : 13));
  if (listOf(field(config, 'conditionsV4')).length > 0) found.add('unmodelled', manifest.at('data'), 'portmap conditionsV4');
  if (field(config, 'backend') === 'nftables') found.add('unmodelled', manifest.at('data'), 'portmap backend nftables');
  return { network: name, snat: field(config, 'snat') !== false, masqAll: field(config, 'masqAll') === true, mark: `${mark}/${mark}`, setMarkChain: textOf(field(config, 'externalSetMarkChain')) };
}

const hostPortsOf = (pod: PodModel): readonly HostPort[] =>
  pod.ports.flatMap(({ hostPort, hostIp, containerPort, protocol }) => {
    if (hostPort === undefined) return [];
    const ip = parseIp4(hostIp ?? '');
    return [{ protocol: protocol.toLowerCase(), hostPort, hostIp: ip ? formatIp4(ip) : undefined, containerPort }];
  });

const becauseOfPorts = (pod: PodModel): Because => ({ ...pod.because, part: 'hostPort' });

/** forwardPorts() (plugins/meta/portmap/portmap_iptables.go): chains are made once, entries are appended, but the one of POSTROUTING stands first. */
function forwardPorts({ own }: HostDraft, config: PortmapConfig, pod: PodModel): void {
  const { firewall } = own;
  const because = becauseOfPorts(pod);
  const ensure = (chain: string, fill: () => void): void => {
    if (firewall.has('nat', chain)) return;
    firewall.chain('nat', chain);
    fill();
  };
  const setMark = config.setMarkChain ?? 'CNI-HOSTPORT-SETMARK';
  if (config.snat && config.setMarkChain === undefined) {
    ensure(setMark, () => firewall.append('nat', setMark, `-m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark ${config.mark}`, because));
    ensure('CNI-HOSTPORT-MASQ', () => {
      firewall.prepend('nat', 'POSTROUTING', '-m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ', because);
      firewall.append('nat', 'CNI-HOSTPORT-MASQ', `-m mark --mark ${config.mark} -j MASQUERADE`, because);
    });
  }
  ensure('CNI-HOSTPORT-DNAT', () => {
    for (const base of ['PREROUTING', 'OUTPUT']) firewall.append('nat', base, '-m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT', because);
  });
  const id = sandboxId(pod);
  const chain = cniChain('DN-', config.network, id);
  firewall.chain('nat', chain);
  const entries = hostPortsOf(pod);
  const words = cniComment(`dnat name: "${config.network}" id: "${id}"`);
  for (const protocol of [...new Set(entries.map((e) => e.protocol))].toSorted()) {
    const ports = entries.filter((e) => e.protocol === protocol).map((e) => e.hostPort);
    for (let at = 0; at < ports.length; at += MOST_PORTS) firewall.append('nat', 'CNI-HOSTPORT-DNAT', `-p ${protocol} ${words} -m multiport --dports ${ports.slice(at, at + MOST_PORTS).join(',')} -j ${chain}`, because);
  }
  for (const entry of entries) dnat(firewall, config, { chain, setMark, entry, pod, net: podNet(own, pod) }, because);
}

/** fillDnatRules(): the marks stand before the translation. */
function dnat(firewall: Firewall, config: PortmapConfig, { chain, setMark, entry, pod, net }: { readonly chain: string; readonly setMark: string; readonly entry: HostPort; readonly pod: PodModel; readonly net: string }, because: Because): void {
  const dst = entry.hostIp === undefined ? '' : `-d ${entry.hostIp}/32 `;
  const port = `${dst}-p ${entry.protocol} -m ${entry.protocol} --dport ${entry.hostPort}`;
  if (config.snat) {
    // A source of /0 prints as none.
    firewall.append('nat', chain, `${config.masqAll ? '' : `-s ${net} `}${port} -j ${setMark}`, because);
    if (!config.masqAll) firewall.append('nat', chain, `-s 127.0.0.1/32 ${port} -j ${setMark}`, because);
  }
  firewall.append('nat', chain, `${port} -j DNAT --to-destination ${formatIp4(pod.ip)}:${entry.containerPort}`, because);
}

/** The pod's address with the prefix that its IPAM gave it, host bits cleared as iptables stores it; a /32 where it is not seen. */
function podNet(own: NetnsDraft, pod: PodModel): string {
  const dev = deviceTo(own, pod);
  const prefix = (own.find(dev ?? '')?.addresses ?? []).map((a) => parsePrefix(a.address)).find((p) => p !== undefined && p.prefixLen < 32 && ((p.ip ^ pod.ip) & maskOf(p.prefixLen)) === 0);
  return prefix ? `${formatIp4((pod.ip & maskOf(prefix.prefixLen)) >>> 0)}/${prefix.prefixLen}` : `${formatIp4(pod.ip)}/32`;
}

/** getRoutableHostIF(): the device of the route to the pod. */
function deviceTo(own: NetnsDraft, pod: PodModel): string | undefined {
  const text = formatIp4(pod.ip);
  const route = own.routes.find((r) => r === text || r.startsWith(`${text} `) || r.startsWith(`${text}/32 `));
  if (route !== undefined) return / dev (\S+)/.exec(route)?.[1];
  return own.devices.find((d) => (d.addresses ?? []).some((a) => {
    const prefix = parsePrefix(a.address);
    return prefix !== undefined && prefix.prefixLen < 32 && ((prefix.ip ^ pod.ip) & maskOf(prefix.prefixLen)) === 0;
  }))?.name;
}
