import type { Ip4 } from '../../packet/address.ts';
import { inetAddrOnlink, isOwnAddress } from './source.ts';
import { devConf, linkOf, type Ns } from '../sim.ts';
import { fibLookup, type FibUnknown } from './fib.ts';
import { type Flow, rulesOf } from './rules.ts';

export type SourceCheck =
  /** `onLink`: the source is a neighbour, not behind a router. */
  | { readonly ok: true; readonly checked: 'strict' | 'loose' | undefined; readonly expected: string | undefined; readonly onLink: boolean }
  | { readonly ok: false; readonly why: 'rp-filter'; readonly mode: 'strict' | 'loose'; readonly expected: string | undefined }
  | { readonly ok: false; readonly why: 'martian-source' }
  | { readonly ok: false; readonly why: 'unknown'; readonly answer: FibUnknown };

/** IN_DEV_TX_REDIRECTS() (include/linux/inetdevice.h). */
export const sendsRedirects = (ns: Ns, dev: string): boolean => devConf(ns, dev, 'send_redirects', 'or', 1) === 1;

/** Routes of type local that somebody added, and realms: each makes the kernel look closer (fib_has_custom_local_routes, fib_num_tclassid_users). */
interface Peculiar {
  readonly localRoutes: boolean;
  readonly realms: boolean;
  readonly rules: boolean;
}
const peculiars = new WeakMap<object, Peculiar>();

function peculiarOf(ns: Ns): Peculiar {
  const known = peculiars.get(ns.netns);
  if (known) return known;
  const isRealm = (w: string): boolean => w.startsWith('realm');
  const found = {
    localRoutes: ns.netns.routes.some((r) => r.type === 'local' && r.proto !== 'kernel'),
    realms: ns.netns.routes.some((r) => r.extra?.some(isRealm)) || ns.netns.rules.some((r) => r.extra?.some(isRealm)),
    rules: !rulesOf(ns).standard,
  };
  peculiars.set(ns.netns, found);
  return found;
}

/**
 * fib_validate_source() (net/ipv4/fib_frontend.c): would a packet to this source leave by the device on which it came? `flow` is that of
 * the packet; `oif` the device by which it goes on, undefined when it stays here. rp_filter 1 wants just that device, 2 any route; 0 only
 * refuses our own addresses (unless accept_local), and by way of the ordinary lookup where rules or local routes are particular.
 */
export function validateSource(ns: Ns, flow: Flow, oif: string | undefined): SourceCheck {
  const dev = flow.iif;
  const rpf = devConf(ns, dev, 'rp_filter', 'max', 0);
  const acceptLocal = devConf(ns, dev, 'accept_local', 'or', 0) === 1;
  const odd = peculiarOf(ns);
  const passed = (onLink: boolean, expected?: string): SourceCheck => ({ ok: true, checked: rpf === 0 ? undefined : rpf === 1 ? 'strict' : 'loose', expected, onLink });
  if (rpf === 0 && !odd.realms && (dev !== oif || !sendsRedirects(ns, dev))) {
    if (acceptLocal) return passed(false);
    if (!odd.localRoutes && !odd.rules) return isOwnAddress(ns, flow.src) ? { ok: false, why: 'martian-source' } : passed(false);
  }
  const useMark = devConf(ns, dev, 'src_valid_mark', 'or', 0) === 1;
  const back = fibLookup(ns, { dst: flow.src, src: flow.dst, tos: flow.tos, mark: useMark ? flow.mark : 0, iif: oif ?? 'lo', proto: flow.proto, sport: flow.dport, dport: flow.sport, uid: 0 });
  if (back.kind === 'unknown') return { ok: false, why: 'unknown', answer: back };
  const expected = back.kind === 'route' ? back.nexthop.dev : undefined;
  const lastResort: SourceCheck = rpf === 0 ? passed(false) : { ok: false, why: 'rp-filter', mode: rpf === 1 ? 'strict' : 'loose', expected };
  if (back.kind !== 'route') return lastResort;
  if (back.route.type !== 'unicast' && !(back.route.type === 'local' && acceptLocal)) return { ok: false, why: 'martian-source' };
  // fib_info_nh_uses_dev(): any next hop of the route will do, usable or not.
  const through = back.route.nexthops.length > 0 ? back.route.nexthops : back.alternatives;
  if (through.some((h) => h.dev === dev) || (back.route.type === 'local' && dev === 'lo')) return passed(back.nexthop.via === undefined, expected);
  if ((linkOf(ns, dev)?.addresses.length ?? 0) === 0) return lastResort;
  if (rpf === 1) return { ok: false, why: 'rp-filter', mode: 'strict', expected };
  const byDevice = fibLookup(ns, { dst: flow.src, src: flow.dst, tos: flow.tos, mark: useMark ? flow.mark : 0, iif: oif ?? 'lo', oif: dev, proto: flow.proto, sport: flow.dport, dport: flow.sport, uid: 0 });
  return passed(byDevice.kind === 'route' && byDevice.route.type === 'unicast' && byDevice.nexthop.via === undefined, expected);
}

/** IPSKB_DOREDIRECT as __mkroute_input() (net/ipv4/route.c) decides it: back out by the device of arrival, to a sender who is a neighbour. */
export function wantsRedirect(ns: Ns, dev: string, src: Ip4, hop: { readonly dev: string | undefined; readonly via: Ip4 | undefined }, onLink: boolean): boolean {
  if (hop.dev !== dev || !onLink || !sendsRedirects(ns, dev)) return false;
  const link = linkOf(ns, dev);
  return devConf(ns, dev, 'shared_media', 'or', 1) === 1 || (link !== undefined && inetAddrOnlink(link, src, hop.via));
}
