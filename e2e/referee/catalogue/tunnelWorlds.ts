import type { Bundle } from '../../../src/dumps/bundle.ts';
import { slaveText } from '../bridgeTopology.ts';
import { line, type Spec } from '../topology.ts';

/** A tunnel device of a case: `ip -d addr` prints it as `20: t0`. */
export interface End {
  /** The line of its kind: `vxlan id 7 local 10.1.0.1 srcport 0 0 dstport 4789 nolearning ttl auto`. */
  readonly kind: string;
  readonly mac?: string;
  readonly addresses?: readonly string[];
  readonly mtu?: number;
  readonly down?: boolean;
  readonly master?: string;
  /** Another name and number than t0, 20. */
  readonly name?: string;
  readonly index?: number;
}

/** MACs of the tunnels' ends. */
export const VTEP = { a: '02:00:00:00:09:01', b: '02:00:00:00:09:02' } as const;

/** The device as the dump prints it. */
export function deviceText({ kind, mac = VTEP.a, addresses = [], mtu = 1450, down = false, master, name = 't0', index = 20 }: End): string {
  const word = kind.split(' ')[0] ?? '';
  const layer3 = word === 'ipip' || word === 'gre';
  const [, local = '0.0.0.0'] = / local ([\d.]+)/.exec(kind) ?? [];
  const [, remote] = / remote ([\d.]+)/.exec(kind) ?? [];
  const up = down ? '' : ',UP,LOWER_UP';
  const flags = layer3 ? `${remote === undefined ? '' : 'POINTOPOINT,'}NOARP${up}` : `BROADCAST,MULTICAST${up}`;
  const address = layer3 ? `link/${word} ${local} ${remote === undefined ? 'brd 0.0.0.0' : `peer ${remote}`}` : `link/ether ${mac} brd ff:ff:ff:ff:ff:ff`;
  return [
    `${index}: ${name}${layer3 ? '@NONE' : ''}: <${flags}> mtu ${mtu} qdisc noqueue${master === undefined ? '' : ` master ${master}`} state ${down ? 'DOWN' : 'UNKNOWN'} group default qlen 1000`,
    `    ${address} promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 `,
    `    ${kind} addrgenmode none numtxqueues 1 numrxqueues 1 `,
    ...(master === undefined ? [] : [slaveText()]),
    ...addresses.map((a) => `    inet ${a} scope global ${name}`),
  ].join('\n');
}

const connected = (end: End): readonly string[] =>
  (end.addresses ?? []).filter((a) => a.endsWith('/24')).map((a) => `${a.replace(/\d+\/24/, '0/24')} dev ${end.name ?? 't0'} proto kernel scope link src ${a.slice(0, -3)}`);

/** What a machine has beside one end of a tunnel, and what leads into it. */
export const withEnd = (end: End, spec: Spec = {}): Spec => ({ ...spec, links: [deviceText(end), ...(spec.links ?? [])], routes: [...connected(end), ...(spec.routes ?? [])] });

/** Two machines with a tunnel of their own over a router: c 10.9.0.1, s 10.9.0.2. */
export function overRouter(ends: { readonly c: Partial<End> & { readonly kind: string }; readonly s: Partial<End> & { readonly kind: string } }, specs: { readonly c?: Spec; readonly r?: Spec; readonly s?: Spec } = {}): Bundle {
  const c: End = { addresses: ['10.9.0.1/24'], mac: VTEP.a, ...ends.c };
  const s: End = { addresses: ['10.9.0.2/24'], mac: VTEP.b, ...ends.s };
  const ethernet = (end: End): boolean => !/^(?:ipip|gre) /.test(end.kind);
  const neigh = (end: End, ip: string, mac: string): readonly string[] => (ethernet(end) ? [`${ip} dev t0 lladdr ${mac} PERMANENT`] : []);
  return line({
    c: withEnd(c, { neigh: neigh(c, '10.9.0.2', VTEP.b), ...specs.c }),
    ...(specs.r ? { r: specs.r } : {}),
    s: withEnd(s, { neigh: neigh(s, '10.9.0.1', VTEP.a), ...specs.s }),
  });
}

/** The router is one end of the tunnel and forwards c's packets into it, s is the other end and has 10.8.0.1 behind it. */
export function fromRouter(ends: { readonly r: Partial<End> & { readonly kind: string }; readonly s: Partial<End> & { readonly kind: string } }, specs: { readonly c?: Spec; readonly r?: Spec; readonly s?: Spec } = {}): Bundle {
  const r: End = { addresses: ['10.9.0.1/24'], mac: VTEP.a, ...ends.r };
  const s: End = { addresses: ['10.9.0.2/24', '10.8.0.1/32'], mac: VTEP.b, ...ends.s };
  const ethernet = !/^(?:ipip|gre) /.test(r.kind);
  return line({
    ...(specs.c ? { c: specs.c } : {}),
    r: withEnd(r, { ...(ethernet ? { neigh: [`10.9.0.2 dev t0 lladdr ${VTEP.b} PERMANENT`] } : {}), ...specs.r, routes: [...(r.name === undefined ? ['10.8.0.0/24 via 10.9.0.2 dev t0'] : []), ...(specs.r?.routes ?? [])] }),
    s: withEnd(s, { ...(ethernet ? { neigh: [`10.9.0.1 dev t0 lladdr ${VTEP.a} PERMANENT`] } : {}), ...specs.s, routes: [...(s.name === undefined ? ['10.1.0.0/24 via 10.9.0.1 dev t0'] : []), ...(specs.s?.routes ?? [])] }),
  });
}

/** Underlay addresses of `line()`. */
export const UNDER = { c: '10.1.0.1', r0: '10.1.0.254', r1: '10.2.0.254', s: '10.2.0.1' } as const;

/** A ping of c through its own tunnel. */
export const ping = (more: Readonly<Record<string, unknown>> = {}) => ({ from: { host: 'c' }, dst: '10.9.0.2', proto: 'icmp' as const, ...more });
/** A UDP datagram of c through its own tunnel. */
export const udp = (more: Readonly<Record<string, unknown>> = {}) => ({ from: { host: 'c' }, dst: '10.9.0.2', proto: 'udp' as const, sport: 41_000, dport: 53, ...more });
/** The same to what is behind the router's tunnel. */
export const beyond = (more: Readonly<Record<string, unknown>> = {}) => ({ from: { host: 'c' }, dst: '10.8.0.1', proto: 'udp' as const, sport: 41_000, dport: 53, ...more });

