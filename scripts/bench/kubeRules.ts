/*
 * The nat table of a large cluster, as kube-proxy in iptables mode writes it: a ClusterIP and a node port a service, endpoints by chance.
 */

/** A chain name's last 16 characters: any text that is different for each number. */
const suffix = (n: number): string => {
  let out = '';
  let rest = Math.imul(n + 1, 2_654_435_761) >>> 0;
  for (let i = 0; i < 8; i++) {
    out += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[rest % 32] ?? '';
    rest = Math.floor(rest / 32);
  }
  return out + n.toString(32).toUpperCase().padStart(8, '2').replaceAll(/[0189]/g, 'X');
};

const address = (net: number, n: number): string => `10.${net + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;

/** The cluster IP of the n-th service; all listen on port 80. */
export const clusterIp = (n: number): string => address(96, n);
/** The n-th endpoint; all listen on port 8080. */
export const endpointIp = (n: number): string => address(128, n);

/** The text of iptables-save for that many services with that many endpoints each. */
export function kubeRules(services: number, endpoints: number): string {
  const chains: string[] = [];
  const portals: string[] = [];
  const nodePorts: string[] = [];
  const rest: string[] = [];
  for (let s = 0; s < services; s++) {
    const name = `namespace-${s % 97}/service-${s}:http`;
    const svc = `KUBE-SVC-${suffix(s)}`;
    const ext = `KUBE-EXT-${suffix(s)}`;
    chains.push(`:${svc} - [0:0]`, `:${ext} - [0:0]`);
    portals.push(`-A KUBE-SERVICES -d ${clusterIp(s)}/32 -p tcp -m comment --comment "${name} cluster IP" -m tcp --dport 80 -j ${svc}`);
    nodePorts.push(`-A KUBE-NODEPORTS -p tcp -m comment --comment "${name}" -m tcp --dport ${30_000 + (s % 2768)} -j ${ext}`);
    rest.push(
      `-A ${ext} -m comment --comment "masquerade traffic for ${name} external destinations" -j KUBE-MARK-MASQ`,
      `-A ${ext} -j ${svc}`,
      `-A ${svc} ! -s 10.128.0.0/9 -d ${clusterIp(s)}/32 -p tcp -m comment --comment "${name} cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ`,
    );
    for (let e = 0; e < endpoints; e++) {
      const n = s * endpoints + e;
      const sep = `KUBE-SEP-${suffix(1_000_000 + n)}`;
      const chance = e < endpoints - 1 ? `-m statistic --mode random --probability ${(1 / (endpoints - e)).toFixed(11)} ` : '';
      chains.push(`:${sep} - [0:0]`);
      rest.push(
        `-A ${svc} -m comment --comment "${name} -> ${endpointIp(n)}:8080" ${chance}-j ${sep}`,
        `-A ${sep} -s ${endpointIp(n)}/32 -m comment --comment "${name}" -j KUBE-MARK-MASQ`,
        `-A ${sep} -p tcp -m comment --comment "${name}" -m tcp -j DNAT --to-destination ${endpointIp(n)}:8080`,
      );
    }
  }
  return [
    '*nat',
    ...['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((c) => `:${c} ACCEPT [0:0]`),
    ...['KUBE-MARK-MASQ', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-SERVICES'].map((c) => `:${c} - [0:0]`),
    ...chains,
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    ...nodePorts,
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    ...portals,
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    ...rest,
    'COMMIT',
    '',
  ].join('\n');
}
