import { overRouter, UNDER, VTEP } from '../catalogue/tunnelWorlds.ts';
import { MAC } from '../topology.ts';
import { type Shape, spec } from './shape.ts';

interface TunnelKind {
  readonly name: string;
  readonly weight: number;
  readonly needs?: readonly string[];
  readonly mtu: number;
  /** The device that has this end and leads to that one. */
  readonly kind: (local: string, remote: string) => string;
  /** Where the other end is stands in the FDB. */
  readonly fdb?: boolean;
}

const KINDS: readonly TunnelKind[] = [
  { name: 'vxlan', weight: 2, mtu: 1450, fdb: true, kind: (local) => `vxlan id 7 local ${local} srcport 0 0 dstport 4789 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx` },
  { name: 'ipip', weight: 1, needs: ['ipip'], mtu: 1480, kind: (local, remote) => `ipip any remote ${remote} local ${local} ttl inherit pmtudisc` },
  { name: 'ipip-nopmtu', weight: 0.5, needs: ['ipip'], mtu: 1480, kind: (local, remote) => `ipip any remote ${remote} local ${local} ttl inherit tos inherit nopmtudisc` },
  { name: 'gre', weight: 1, needs: ['ip_gre'], mtu: 1476, kind: (local, remote) => `gre remote ${remote} local ${local} ttl inherit` },
  { name: 'gretap', weight: 1, needs: ['ip_gre'], mtu: 1462, kind: (local, remote) => `gretap remote ${remote} local ${local} ttl inherit` },
  { name: 'geneve', weight: 1, needs: ['geneve'], mtu: 1450, kind: (_, remote) => `geneve id 9 remote ${remote} ttl auto dstport 6081 noudpcsum udp6zerocsumrx` },
];

/** A tunnel device on each end of a line, with the addresses that packets are for. */
const tunnelShape = ({ name, weight, needs, mtu, kind, fdb = false }: TunnelKind): Shape => ({
  name,
  weight,
  ...(needs ? { needs } : {}),
  covers: [`shape:${name}`, `tunnel:${name.split('-')[0] ?? ''}`],
  spaces: [
    { name: 'c', often: ['OUTPUT', 'POSTROUTING', 'INPUT'], likely: 0.7, devices: ['eth0', 't0'], own: ['10.9.0.1', UNDER.c], nexthops: [{ dev: 'eth0', via: UNDER.r0 }, { dev: 't0', via: '10.9.0.2' }, { dev: 't0' }], connected: ['10.1.0.0/24', '10.9.0.0/24', 'default'], tunnel: { net: '10.9.0.0/24', end: '10.9.0.2' } },
    { name: 's', often: ['PREROUTING', 'INPUT', 'OUTPUT'], likely: 0.5, devices: ['eth0', 't0'], own: ['10.9.0.2', UNDER.s], nexthops: [{ dev: 'eth0', via: UNDER.r1 }, { dev: 't0', via: '10.9.0.1' }], connected: ['10.2.0.0/24', '10.9.0.0/24', 'default'], tunnel: { net: '10.9.0.0/24', end: '10.9.0.1' } },
    { name: 'r', often: ['PREROUTING', 'FORWARD', 'POSTROUTING'], likely: 0.3, devices: ['eth0', 'eth1'], own: [UNDER.r0, UNDER.r1], nexthops: [{ dev: 'eth0', via: UNDER.c }, { dev: 'eth1', via: UNDER.s }], connected: ['10.1.0.0/24', '10.2.0.0/24'], underlay: true },
  ],
  addresses: ['10.9.0.2', '10.9.0.1', UNDER.s, UNDER.c],
  nets: ['10.9.0.0/24', '10.1.0.0/24', '10.2.0.0/24', '10.0.0.0/8', '0.0.0.0/0'],
  macs: [...Object.values(MAC), ...Object.values(VTEP)],
  files: (draft) =>
    overRouter(
      { c: { kind: kind(UNDER.c, UNDER.s), mtu }, s: { kind: kind(UNDER.s, UNDER.c), mtu } },
      {
        c: { ...spec(draft, 'c'), ...(fdb ? { fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} self permanent`] } : {}) },
        r: spec(draft, 'r'),
        s: { ...spec(draft, 's'), ...(fdb ? { fdb: [`${VTEP.a} dev t0 dst ${UNDER.c} self permanent`] } : {}) },
      },
    ),
});

export const TUNNEL_SHAPES: readonly Shape[] = KINDS.map(tunnelShape);
