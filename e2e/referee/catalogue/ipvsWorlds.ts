import type { Bundle } from '../../../src/dumps/bundle.ts';
import { line, MAC, machineText, type Spec } from '../topology.ts';
import { deviceText } from './tunnelWorlds.ts';

export const VIP = '10.5.0.1';
/** The real servers of `behind()`: three addresses of s. */
export const REAL = ['10.2.0.1', '10.2.0.2', '10.2.0.3'] as const;

/** A service of VIP and its real servers as ipvsadm -Sn lists them: sorted by address. `what`: `-t 10.5.0.1:80 -s rr`. */
export function service(what: string, reals: readonly string[]): readonly string[] {
  const [option = '', address = ''] = what.split(' ');
  return [`-A ${what}`, ...reals.map((r) => `-a ${option} ${address} -r ${r}`)];
}

/** The three real servers with NAT and these weights. */
export const nat = (weights: readonly number[], port = 80): readonly string[] => weights.map((w, i) => `${REAL[i] ?? ''}:${port} -m -w ${w}`);

/** A chain that is there without doing anything: tracks connections, and shows where packets pass. */
export const TRACKING: NonNullable<Spec['tables']> = { mangle: [], nat: ['-A POSTROUTING -s 192.0.2.1/32 -j MASQUERADE'], filter: [] };
export const CONNTRACK = 'net.ipv4.vs.conntrack = 1';

/** line() with the director on the router: VIP is an address of its eth0, s has all real servers' addresses. */
export function behind(ipvs: readonly string[], { r = {}, s = {}, c = {} }: { readonly r?: Spec; readonly s?: Spec; readonly c?: Spec } = {}): Bundle {
  return line({
    c,
    r: {
      ...r,
      ipvs,
      nic: { eth0: { addresses: ['10.1.0.254/24', `${VIP}/32`] }, ...r.nic },
      neigh: [`${REAL[1]} dev eth1 lladdr ${MAC.s} PERMANENT`, `${REAL[2]} dev eth1 lladdr ${MAC.s} PERMANENT`, ...(r.neigh ?? [])],
    },
    s: { ...s, nic: { eth0: { addresses: [`${REAL[0]}/24`, `${REAL[1]}/32`, `${REAL[2]}/32`] }, ...s.nic } },
  });
}

/** One wire with a client c 10.1.0.1, a director d 10.1.0.9 and a real server s 10.1.0.2; VIP is on the director, and quietly on s. */
export function oneWire(ipvs: readonly string[], { c = {}, d = {}, s = {}, tunnel, onServer = true }: { readonly c?: Spec; readonly d?: Spec; readonly s?: Spec; readonly tunnel?: 'up' | 'down'; readonly onServer?: boolean } = {}): Bundle {
  const macs = { c: '02:00:00:00:01:01', d: '02:00:00:00:01:09', s: '02:00:00:00:01:02' } as const;
  const ips = { c: '10.1.0.1', d: '10.1.0.9', s: '10.1.0.2' } as const;
  const names = ['c', 'd', 's'] as const;
  const machine = (me: (typeof names)[number], forward: boolean, addresses: readonly string[], spec: Spec): string =>
    machineText(
      {
        nics: [{ name: 'eth0', mac: macs[me], addresses }],
        forward,
        neighbours: names.filter((n) => n !== me).map((n) => ({ ip: ips[n], dev: 'eth0', mac: macs[n] })),
      },
      spec,
    );
  const quiet = tunnel ? [] : [`${VIP}/32`];
  return {
    'c/c.txt': machine('c', false, ['10.1.0.1/24'], { ...c, routes: [`${VIP} via ${ips.d} dev eth0`, ...(c.routes ?? [])] }),
    'd/d.txt': machine('d', true, ['10.1.0.9/24', `${VIP}/32`], { ...d, ipvs }),
    's/s.txt': machine('s', false, ['10.1.0.2/24', ...(onServer ? quiet : [])], {
      ...s,
      ...(tunnel ? { links: [deviceText({ kind: 'ipip any remote any local any ttl inherit nopmtudisc', mtu: 1480, name: 'tunl0', addresses: [`${VIP}/32`], down: tunnel === 'down' })] } : {}),
      sysctls: ['net.ipv4.conf.all.rp_filter = 0', 'net.ipv4.conf.default.rp_filter = 0', ...(s.sysctls ?? [])],
    }),
  };
}
