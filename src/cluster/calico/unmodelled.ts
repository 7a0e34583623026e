import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Because } from '../because.ts';
import type { HostDraft } from '../draft/host.ts';
import type { ClusterModel, NodeModel } from '../model.ts';
import { becauseOf, field, type KubeDocument, textOf } from '../objects/document.ts';
import { calicoObjects } from './settings.ts';

/** What Calico can do and is not modelled: said once for each object, and left as a mark where a packet would meet it. */
export interface Unmodelled {
  /** Another dataplane than iptables, of the whole cluster. */
  readonly dataplane: { readonly name: string; readonly because: Because } | undefined;
  readonly hostEndpoints: readonly KubeDocument[];
}

const isOn = (value: unknown): boolean => value === true || value === 'true' || value === 'Enabled';

export function findUnmodelled(cluster: ClusterModel, found: DiagnosticList): Unmodelled {
  const report = (document: KubeDocument, path: readonly string[], text: string): Because => {
    found.add('unmodelled', document.at(...path), text);
    return { ...becauseOf(document, path.at(-1)), source: document.at(...path) };
  };
  let dataplane: Unmodelled['dataplane'];
  for (const document of calicoObjects(cluster, 'FelixConfiguration')) {
    const has = (name: string): boolean => isOn(field(document.value, 'spec', name));
    if (has('bpfEnabled')) dataplane = { name: 'eBPF', because: report(document, ['spec', 'bpfEnabled'], 'Calico eBPF') };
    if (has('nftablesMode')) dataplane = { name: 'nftables', because: report(document, ['spec', 'nftablesMode'], 'Calico nftables') };
    if (has('wireguardEnabled')) report(document, ['spec', 'wireguardEnabled'], 'Calico WireGuard');
  }
  for (const document of cluster.documents.filter((d) => d.kind === 'Installation')) {
    const name = textOf(field(document.value, 'spec', 'calicoNetwork', 'linuxDataplane'));
    if (name !== undefined && name !== 'Iptables') dataplane = { name, because: report(document, ['spec', 'calicoNetwork', 'linuxDataplane'], `Calico ${name}`) };
  }
  const hostEndpoints = calicoObjects(cluster, 'HostEndpoint');
  for (const document of hostEndpoints) report(document, ['spec'], `HostEndpoint ${document.name}`);
  return { dataplane, hostEndpoints };
}

/** Every packet meets another dataplane: a rule whose target nobody knows stands for it. */
export function markDataplane({ own }: HostDraft, { name, because }: NonNullable<Unmodelled['dataplane']>): void {
  for (const chain of ['PREROUTING', 'OUTPUT']) own.firewall.append('raw', chain, `-j CALICO-${name.toUpperCase()}`, because);
}

/** Packets that come to the node or leave it by an interface with a host endpoint meet its policies: a rule without a known target stands for them. */
export function markHostEndpoints({ own }: HostDraft, node: NodeModel, endpoints: readonly KubeDocument[]): void {
  for (const document of endpoints) {
    if (textOf(field(document.value, 'spec', 'node')) !== node.name) continue;
    const dev = textOf(field(document.value, 'spec', 'interfaceName'));
    const because = becauseOf(document);
    const on = (option: '-i' | '-o'): string => (dev === undefined || dev === '*' ? '' : `${option} ${dev} `);
    own.firewall.append('filter', 'cali-from-host-endpoint', `${on('-i')}-j HOSTENDPOINT`, because);
    own.firewall.append('filter', 'cali-to-host-endpoint', `${on('-o')}-j HOSTENDPOINT`, because);
  }
}
