import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import type { Ip4 } from '../../packet/address.ts';
import type { RealServer, VirtualServer } from '../../world/ipvs.ts';
import type { At, Sim } from '../sim.ts';
import type { IpvsStep } from '../step.ts';
import { endpointText } from './connections.ts';

const protoNumber = { tcp: PROTO_TCP, udp: PROTO_UDP, sctp: PROTO_SCTP } as const;

/** ip_vs_service_find() (net/netfilter/ipvs/ip_vs_ctl.c): a firewall mark first, then the very address and port, then port 0. */
export function findService(services: readonly VirtualServer[], mark: number, proto: number, ip: Ip4, port: number): VirtualServer | undefined {
  const marked = services.find((s) => s.key.kind === 'fwmark' && mark !== 0 && s.key.mark === mark);
  const at = (p: number) => services.find((s) => s.key.kind === 'address' && protoNumber[s.key.proto] === proto && s.key.ip === ip && s.key.port === p);
  return marked ?? at(port) ?? at(0);
}

/** Text of a service as ipvsadm prints it. */
export const serviceText = (s: VirtualServer): string => (s.key.kind === 'fwmark' ? `FWM ${s.key.mark}` : `${s.key.proto.toUpperCase()} ${endpointText(s.key.ip, s.key.port)}`);

/**
 * Real servers in the order in which the kernel's list has them: the one added last comes first. A listing sorted by address does
 * not tell; what `ipvsadm -R` would load from it is picked in descending order.
 */
export function pickingOrder(service: VirtualServer): readonly RealServer[] {
  return service.sorted ? service.realServers.toSorted((a, b) => b.ip - a.ip || b.port - a.port) : service.realServers;
}

export type Scheduled =
  | { readonly kind: 'picked'; readonly real: RealServer; readonly step: Pick<IpvsStep, 'candidates' | 'picked' | 'choice'> }
  | { readonly kind: 'none'; readonly step: Pick<IpvsStep, 'candidates' | 'picked' | 'choice'> }
  | { readonly kind: 'unknown'; readonly name: string };

/**
 * ip_vs_rr_schedule() (ip_vs_rr.c): the next real server with a weight, round and round. Where the round stands is not in any dump,
 * so its first pick is a choice; the following picks of the same trace go on from there. Other schedulers are unknown.
 */
export function schedule(sim: Sim, at: At, service: VirtualServer): Scheduled {
  if (service.scheduler !== 'rr') return { kind: 'unknown', name: service.scheduler };
  if (service.persistentSec !== undefined) return { kind: 'unknown', name: 'persistence' };
  if (service.unknown.length > 0) return { kind: 'unknown', name: service.unknown.join(' ') };
  const order = pickingOrder(service);
  const candidates = order.map((r) => ({ address: endpointText(r.ip, r.port), weight: r.weight, source: r.source }));
  const able = order.filter((r) => r.weight > 0);
  if (able.length === 0) return { kind: 'none', step: { candidates, picked: undefined, choice: undefined } };

  const last = at.ns.ipvs.position.get(service);
  let picked: number;
  let choice: string | undefined;
  if (last !== undefined) picked = (last + 1) % able.length;
  else if (able.length === 1) picked = 0;
  else {
    picked = sim.choose({ at: at.ns.id, kind: 'ipvs-rr', options: able.map((r) => endpointText(r.ip, r.port)), odds: able.map(() => 1 / able.length), splits: true });
    choice = sim.taken.at(-1)?.key;
  }
  at.ns.ipvs.position.set(service, picked);
  const real = able[picked];
  if (!real) throw new Error('round robin left its list');
  return { kind: 'picked', real, step: { candidates, picked: order.indexOf(real), choice } };
}
