import { service } from '../catalogue/ipvsWorlds.ts';
import type { Piece, SpaceDraft } from './draft.ts';
import type { Rng } from './rng.ts';
import type { Director } from './shape.ts';
import { MARKS, SERVICE_PORTS } from './words.ts';

/** Schedulers whose choice is definite, and those that begin anywhere. */
const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'sed', 'nq'] as const;

const FORWARDING = { '-m': 'nat', '-g': 'dr', '-i': 'tunnel' } as const;

/** One service, by address and port or by mark, with one to three real servers. */
function drawService(rng: Rng, { vip, reals, forwarding }: Director): Piece {
  const byMark = rng.chance(0.2);
  const option = byMark ? '-f' : rng.pick(['-t', '-t', '-u']);
  const port = byMark ? 0 : rng.pick(SERVICE_PORTS);
  const scheduler = rng.pick(SCHEDULERS);
  const flags = scheduler === 'sh' && rng.chance(0.4) ? ` -b ${rng.pick(['sh-port', 'sh-fallback', 'sh-fallback,sh-port'])}` : '';
  const persistence = rng.chance(0.2) ? ` -p ${rng.pick([60, 300])}${rng.chance(0.3) ? ' -M 255.255.255.0' : ''}` : '';
  const head = `${option} ${byMark ? String(rng.pick(MARKS.filter((m) => m > 0))) : `${vip}:${port}`} -s ${scheduler}${persistence}${flags}`;
  const way = rng.pick(forwarding);
  // Only NAT may lead to another port.
  const real = (ip: string): string => `${ip}:${byMark ? 0 : way === '-m' && rng.chance(0.4) ? rng.pick(SERVICE_PORTS) : port} ${way} -w ${rng.weighted([[5, 1], [2, 3], [1, 0]])}`;
  const lines = service(head, rng.some(reals, 0, 3).map(real));
  return { text: lines.join('\n'), covers: [`ipvs:${scheduler}`, `ipvs:${FORWARDING[way]}`, ...(byMark ? ['ipvs:fwmark'] : []), ...(persistence === '' ? [] : ['ipvs:persistence'])], kernel: 'ip_vs' };
}

const SYSCTLS: readonly (readonly [string, readonly number[]])[] = [
  ['conntrack', [1]],
  ['snat_reroute', [0]],
  ['nat_icmp_send', [1]],
  ['expire_nodest_conn', [1]],
  ['expire_quiescent_template', [1]],
  ['conn_reuse_mode', [0]],
];

/** What a director serves, and its settings. */
export function drawServices(rng: Rng, director: Director): Pick<SpaceDraft, 'services' | 'sysctls'> {
  const drawn = Array.from({ length: 1 + rng.int(3) }, () => drawService(rng, director));
  const key = (p: Piece): string => /^-A (\S+ \S+)/.exec(p.text)?.[1] ?? '';
  const services = [...new Map(drawn.map((p) => [key(p), p] as const)).values()];
  const sysctls = SYSCTLS.filter(([name]) => rng.chance(name === 'conntrack' ? 0.5 : 0.12)).map(([name, values]): Piece => ({ text: `net.ipv4.vs.${name} = ${rng.pick(values)}`, covers: [`ipvs:${name}`], kernel: 'ip_vs' }));
  return { services, sysctls };
}
