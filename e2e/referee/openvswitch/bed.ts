/** A port of the bed: words for `ovs-vsctl set Interface` and `set Port`. */
export interface BedPort {
  readonly name: string;
  readonly ofport: number;
  readonly device?: readonly string[];
  readonly port?: readonly string[];
}

export interface BedBridge {
  readonly name: string;
  readonly failMode: 'secure' | 'standalone';
  readonly ports: readonly BedPort[];
}

const patch = (name: string, ofport: number, peer: string): BedPort => ({ name, ofport, device: ['type=patch', `options:peer=${peer}`] });
const tunnel = (name: string, ofport: number, type: string, ...options: readonly string[]): BedPort => ({ name, ofport, device: [`type=${type}`, ...options.map((o) => `options:${o}`)] });

/**
 * The bridges on which cases are tried: br0 to br2 in a row, joined by patch ports; `brt` with tunnels, `brv` with VLANs, `brs` that
 * switches by itself. Made once; a case changes rules, groups and what was learned only.
 */
export const BED: readonly BedBridge[] = [
  {
    name: 'br0',
    failMode: 'secure',
    ports: [{ name: 'p1', ofport: 1 }, { name: 'p2', ofport: 2 }, { name: 'p3', ofport: 3 }, { name: 'p4', ofport: 4 }, { name: 'int0', ofport: 5, device: ['type=internal'] }, patch('pa', 9, 'pb'), patch('lost', 10, 'nobody')],
  },
  { name: 'br1', failMode: 'secure', ports: [{ name: 'q1', ofport: 1 }, { name: 'q2', ofport: 2 }, patch('pb', 9, 'pa'), patch('pc', 10, 'pd')] },
  { name: 'br2', failMode: 'secure', ports: [{ name: 'r1', ofport: 1 }, { name: 'r2', ofport: 2 }, patch('pd', 9, 'pc')] },
  {
    name: 'brt',
    failMode: 'secure',
    ports: [
      { name: 't1', ofport: 1 },
      { name: 't2', ofport: 2 },
      tunnel('vx0', 10, 'vxlan', 'remote_ip=flow', 'key=flow'),
      tunnel('vx1', 11, 'vxlan', 'remote_ip=10.9.0.1', 'key=7'),
      tunnel('vx2', 12, 'vxlan', 'remote_ip=10.9.0.2', 'key=flow', 'local_ip=10.9.0.100', 'ttl=9', 'df_default=false'),
      tunnel('gn0', 13, 'geneve', 'remote_ip=flow', 'key=flow'),
      tunnel('gn1', 14, 'geneve', 'remote_ip=10.9.0.3', 'key=flow', 'csum=true'),
      tunnel('gr0', 15, 'gre', 'remote_ip=flow', 'key=flow'),
      tunnel('gr1', 16, 'gre', 'remote_ip=10.9.0.4'),
      tunnel('vx3', 17, 'vxlan', 'remote_ip=10.9.0.5', 'key=flow', 'dst_port=8472', 'tos=inherit', 'ttl=inherit'),
    ],
  },
  {
    name: 'brv',
    failMode: 'secure',
    ports: [
      { name: 'v1', ofport: 1, port: ['tag=10'] },
      { name: 'v2', ofport: 2, port: ['tag=10'] },
      { name: 'v3', ofport: 3, port: ['trunks=10,20'] },
      { name: 'v4', ofport: 4 },
      { name: 'v5', ofport: 5, port: ['tag=20'] },
      { name: 'v6', ofport: 6, port: ['tag=10', 'trunks=20,30', 'vlan_mode=native-tagged'] },
      { name: 'v7', ofport: 7, port: ['tag=20', 'vlan_mode=native-untagged'] },
      { name: 'v8', ofport: 8, port: ['tag=10', 'vlan_mode=dot1q-tunnel'] },
      { name: 'v9', ofport: 9, port: ['tag=20', 'vlan_mode=dot1q-tunnel', 'cvlans=5,10', 'other_config:qinq-ethtype=802.1q'] },
    ],
  },
  { name: 'brs', failMode: 'standalone', ports: [{ name: 's1', ofport: 1 }, { name: 's2', ofport: 2 }, { name: 's3', ofport: 3 }] },
];

/** The words of one `ovs-vsctl` that makes them all. */
export function bedCommand(bridges: readonly BedBridge[] = BED): readonly string[] {
  const ports = (bridge: BedBridge): readonly string[] => bridge.ports.flatMap((p) => ['--', 'add-port', bridge.name, p.name].concat(p.port ?? [], ['--', 'set', 'Interface', p.name, `ofport_request=${p.ofport}`], p.device ?? []));
  return bridges.flatMap((bridge) => ['--', 'add-br', bridge.name, '--', 'set', 'Bridge', bridge.name, `fail_mode=${bridge.failMode}`, 'protocols=OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15'].concat(ports(bridge)));
}
