import { formatIp4 } from '../../packet/address.ts';
import type { Tunnel } from '../../world/tunnel.ts';
import type { Notes } from './lab.ts';

const end = (ip: number | undefined): string => (ip === undefined ? 'any' : formatIp4(ip));
const opt = (word: string, value: string | number | undefined): string => (value === undefined ? '' : ` ${word} ${value}`);
const when = (flag: boolean, word: string): string => (flag ? ` ${word}` : '');
const tosOf = (tunnel: Tunnel): string => (tunnel.tos === 0 ? '' : ` tos ${tunnel.tos === 'inherit' ? 'inherit' : `0x${tunnel.tos.toString(16)}`}`);

const MODULES: Readonly<Record<Tunnel['kind'], string>> = { ipip: 'ipip', gre: 'ip_gre', gretap: 'ip_gre', vxlan: 'vxlan', geneve: 'geneve' };

/** What stands behind `ip link add … type` for a tunnel; undefined where it has options that we do not hold. */
export function tunnelType(tunnel: Tunnel, notes: Notes): string | undefined {
  if (tunnel.unknown.length > 0) return undefined;
  if (tunnel.kind !== 'vxlan') notes.modules.add(MODULES[tunnel.kind]);
  switch (tunnel.kind) {
    case 'ipip':
    case 'gre':
    case 'gretap': {
      const gre = tunnel.kind === 'ipip' ? '' : `${opt('ikey', tunnel.ikey)}${opt('okey', tunnel.okey)}${when(tunnel.iseq, 'iseq')}${when(tunnel.oseq, 'oseq')}${when(tunnel.icsum, 'icsum')}${when(tunnel.ocsum, 'ocsum')}${when(tunnel.ignoreDf, 'ignore-df')}`;
      const ends = `local ${end(tunnel.local)} remote ${end(tunnel.remote)}${opt('dev', tunnel.dev)}`;
      return `${tunnel.kind} ${ends} ttl ${tunnel.ttl}${tosOf(tunnel)} ${tunnel.pmtudisc ? 'pmtudisc' : 'nopmtudisc'}${tunnel.fwmark === 0 ? '' : ` fwmark ${tunnel.fwmark}`}${gre}`;
    }
    case 'vxlan': {
      const remote = tunnel.remote === undefined ? '' : ` ${tunnel.remote >>> 28 === 14 ? 'group' : 'remote'} ${formatIp4(tunnel.remote)}`;
      const local = tunnel.local === undefined ? '' : ` local ${formatIp4(tunnel.local)}`;
      const flags = `${tunnel.learning ? ' learning' : ' nolearning'}${when(tunnel.proxy, 'proxy')}${when(tunnel.rsc, 'rsc')}${when(tunnel.l2miss, 'l2miss')}${when(tunnel.l3miss, 'l3miss')}`;
      const ports = tunnel.srcport.from === 0 && tunnel.srcport.to === 0 ? '' : ` srcport ${tunnel.srcport.from} ${tunnel.srcport.to}`;
      return `vxlan id ${tunnel.vni}${remote}${local}${opt('dev', tunnel.dev)}${ports} dstport ${tunnel.dstport}${flags}${tosOf(tunnel)} ttl ${tunnel.ttl} df ${tunnel.df}`;
    }
    case 'geneve':
      return tunnel.remote === undefined ? undefined : `geneve id ${tunnel.vni} remote ${formatIp4(tunnel.remote)} ttl ${tunnel.ttl}${tosOf(tunnel)} df ${tunnel.df} dstport ${tunnel.dstport}`;
  }
}
