import type { Ip4 } from '../../packet/address.ts';
import { devConf, linkOf, type Ns } from '../sim.ts';
import { type Flow, fibLookup } from './fib.ts';
import { isOwnAddress } from './source.ts';

export type SourceCheck =
  | { readonly ok: true; readonly checked: 'strict' | 'loose' | undefined; readonly expected: string | undefined }
  | { readonly ok: false; readonly why: 'rp-filter'; readonly mode: 'strict' | 'loose'; readonly expected: string | undefined }
  | { readonly ok: false; readonly why: 'martian-source' };

/**
 * fib_validate_source() (net/ipv4/fib_frontend.c): would a packet to this source leave by the device on which it came?
 * rp_filter 1 wants just that device, 2 any route; 0 only refuses our own addresses (unless accept_local).
 */
export function validateSource(ns: Ns, dev: string, src: Ip4, dst: Ip4, tos: number, mark: number, proto: number): SourceCheck {
  const rpf = devConf(ns, dev, 'rp_filter', 'max', 0);
  const acceptLocal = devConf(ns, dev, 'accept_local', 'or', 0) === 1;
  const customRules = ns.netns.rules.some((r) => ![0, 32766, 32767].includes(r.priority));
  if (rpf === 0 && (acceptLocal || !customRules)) {
    if (!acceptLocal && isOwnAddress(ns, src)) return { ok: false, why: 'martian-source' };
    return { ok: true, checked: undefined, expected: undefined };
  }
  const mode = rpf === 1 ? 'strict' : 'loose';
  const useMark = devConf(ns, dev, 'src_valid_mark', 'or', 0) === 1;
  const flow: Flow = { dst: src, src: dst, tos, mark: useMark ? mark : 0, iif: dev, proto };
  const back = fibLookup(ns, flow);
  const noAddress = (linkOf(ns, dev)?.addresses.length ?? 0) === 0;
  const refused: SourceCheck = { ok: false, why: 'rp-filter', mode, expected: back.kind === 'route' ? back.nexthop.dev : undefined };
  const passed: SourceCheck = { ok: true, checked: rpf === 0 ? undefined : mode, expected: back.kind === 'route' ? back.nexthop.dev : undefined };
  if (back.kind !== 'route') return rpf === 0 ? passed : refused;
  if (back.route.type !== 'unicast' && !(back.route.type === 'local' && acceptLocal)) return { ok: false, why: 'martian-source' };
  if (back.alternatives.some((h) => h.dev === dev)) return passed;
  if (noAddress) return rpf === 0 ? passed : refused;
  if (rpf === 1) return refused;
  const byDevice = fibLookup(ns, { ...flow, oif: dev });
  return byDevice.kind === 'route' || rpf === 0 || rpf === 2 ? passed : refused;
}
