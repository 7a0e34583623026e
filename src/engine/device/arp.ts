import { BROADCAST_MAC, type Ip4, type Mac } from '../../packet/address.ts';
import { type ArpHeader, ETHERTYPE_ARP, ipOf } from '../../packet/packet.ts';
import type { Link } from '../../world/world.ts';
import { addressType } from '../routing/fib.ts';
import { inputRoute } from '../routing/input.ts';
import { routeOutput } from '../routing/output.ts';
import { countedScope, inetAddrOnlink, SCOPE, selectSource } from '../routing/source.ts';
import { type Asking, type At, devConf, drain, isForwarding, type Ns, type Sim, type Waiting } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { transmit } from './transmit.ts';

const ZERO_MAC: Mac = '00:00:00:00:00:00';

const askedFor = (sim: Sim, ns: Ns, dev: string, target: Ip4): Asking | undefined => sim.asked.find((a) => a.ns === ns && a.dev === dev && a.target === target);

/**
 * neigh_event_send() and arp_solicit() (net/core/neighbour.c, net/ipv4/arp.c): the packet `about` waits while `target` is asked for on
 * the link; those that come after it wait with it.
 */
export function ask(sim: Sim, at: At, about: Skb, link: Link, target: Ip4, waiting: Waiting): void {
  const under = askedFor(sim, at.ns, link.name, target);
  if (under) return void under.waiting.push(waiting);
  const sha = link.mac ?? ZERO_MAC;
  const request = arpSkb(sim, about, { type: 'arp', op: 'request', spa: arpSource(at, about, link, target), tpa: target, sha, tha: ZERO_MAC }, BROADCAST_MAC);
  sim.asked.push({ ns: at.ns, dev: link.name, target, sha, waiting: [waiting], answers: [], left: false });
  transmit(sim, at, request, link, undefined);
}

/** neigh_update(): an answer came (NUD_REACHABLE), and what waited for it is sent. */
export function answered(sim: Sim, asking: Asking, mac: Mac): void {
  const key = `${asking.dev}/${asking.target}`;
  asking.ns.learned.set(key, mac);
  asking.ns.answered.add(key);
  release(sim, asking, mac);
}

function release(sim: Sim, asking: Asking, mac: Mac): void {
  sim.asked.splice(sim.asked.indexOf(asking), 1);
  for (const [i, waiting] of asking.waiting.entries()) waiting.answered(mac, i === 0);
}

/** Lets everything happen that follows: frames, processes that they wake, and in the end the timers of questions that nobody has answered. */
export function settle(sim: Sim): void {
  drain(sim);
  while (sim.asked.length > 0 && !sim.exhausted) {
    // neigh_timer_handler() runs in softirq.
    sim.softirq = true;
    sim.sendingIcmp = false;
    const asking = sim.asked.find((a) => a.answers.length > 0) ?? sim.asked[0];
    if (!asking) break;
    const [first] = asking.answers;
    if (first) answered(sim, asking, firstOf(sim, asking) ?? first.mac);
    else {
      sim.asked.shift();
      for (const waiting of asking.waiting) waiting.unanswered(asking.left);
    }
    sim.softirq = false;
    drain(sim);
  }
}

/** A question, maybe inside a tunnel, went to where nobody is described who could answer it. */
export function unheard(sim: Sim, { packet }: Skb): void {
  const arp = packet.findLast((h) => h.type === 'arp');
  const asking = arp?.type === 'arp' && arp.op === 'request' ? sim.asked.find((a) => a.sha === arp.sha && a.target === arp.tpa) : undefined;
  if (asking) asking.left = true;
}

/** arp_rcv() and arp_process(): answers a question about an address of this machine, and takes the answer that was waited for. */
export function arpReceive(sim: Sim, at: At, skb: Skb, link: Link): void {
  const [arp] = skb.packet;
  if (arp?.type !== 'arp' || link.flags.includes('NOARP')) return;
  if (arp.op === 'reply') {
    const asking = askedFor(sim, at.ns, link.name, arp.spa);
    if (!asking) return;
    if (answerers(sim, arp.spa) > 1) asking.answers.push({ mac: arp.sha, host: hostOf(sim, arp.sha) });
    else answered(sim, asking, arp.sha);
    return;
  }
  const by = answersFor(sim, at, link, arp.tpa, arp.spa);
  if (by === 'none') return;
  const reply = arpSkb(sim, skb, { type: 'arp', op: 'reply', spa: arp.tpa, tpa: arp.spa, sha: link.mac ?? ZERO_MAC, tha: arp.sha }, arp.sha);
  sim.emit(at, reply, { kind: 'arp', op: 'reply', ip: arp.tpa, by });
  // arp_process() > neigh_event_ns(): who answers remembers who asked.
  at.ns.learned.set(`${link.name}/${arp.spa}`, arp.sha);
  const asking = askedFor(sim, at.ns, link.name, arp.spa);
  if (asking) release(sim, asking, arp.sha);
  transmit(sim, at, reply, link, undefined);
}

/**
 * A program with a packet socket hears a request before the kernel looks at it (deliver_skb() of ptype_all, net/core/dev.c), and answers
 * when it runs: behind the kernels of the link. MetalLB: processRequest() of internal/layer2/arp.go.
 */
export function programHearsArp(sim: Sim, at: At, skb: Skb, link: Link): void {
  const [arp] = skb.packet;
  if (arp?.type !== 'arp' || arp.op !== 'request' || skb.pktType === 'otherhost') return;
  const program = at.ns.netns.arpPrograms?.find((p) => p.ip === arp.tpa && p.dev === link.name);
  if (!program) return;
  const sha = link.mac ?? ZERO_MAC;
  sim.backlog.push(() => {
    const reply = arpSkb(sim, skb, { type: 'arp', op: 'reply', spa: arp.tpa, tpa: arp.spa, sha, tha: arp.sha }, arp.sha);
    sim.emit(at, reply, { kind: 'arp', op: 'reply', ip: arp.tpa, by: 'program', program: program.program }, { source: [program.source] });
    transmit(sim, at, reply, link, undefined);
  });
}

/** How many machines would say that the address is theirs. */
const answerers = (sim: Sim, ip: Ip4): number =>
  sim.world.hosts.filter((h) => h.netns.some((n) => n.arpPrograms?.some((p) => p.ip === ip) || n.links.some((l) => l.addresses.some((a) => a.ip === ip)))).length;

/** The first answer is kept, later ones come too late (locktime, neigh_update()): which machine is the fastest is chance. */
function firstOf(sim: Sim, { ns, answers }: Asking): Mac | undefined {
  const rivals = answers.filter((a, i) => answers.findIndex((b) => b.mac === a.mac) === i);
  if (new Set(rivals.map((r) => r.host)).size < 2) return undefined;
  return rivals[sim.choose({ at: ns.id, kind: 'arp', options: rivals.map((r) => `${r.host} ${r.mac}`), odds: rivals.map(() => 1 / rivals.length), splits: true })]?.mac;
}

const hostOf = (sim: Sim, mac: Mac): string => sim.world.hosts.find((h) => h.netns.some((n) => n.links.some((l) => l.mac === mac)))?.name ?? '';

/** The sender address of a request, by arp_announce (arp_solicit()). */
function arpSource(at: At, waiting: Skb, link: Link, target: Ip4): Ip4 {
  const { src } = ipOf(waiting.packet);
  const announce = devConf(at.ns, link.name, 'arp_announce', 'max', 0);
  if (announce < 2 && addressType(at.ns, src) === 'local' && (announce === 0 || inetAddrOnlink(link, target, src))) return src;
  return selectSource(at.ns, link.name, target, SCOPE.link)?.ip ?? 0;
}

/** arp_process(): who says "that is me": the owner of the address, as arp_ignore and arp_filter allow, or a proxy that would forward there. */
function answersFor(sim: Sim, at: At, link: Link, target: Ip4, asker: Ip4): 'own-address' | 'proxy-arp' | 'none' {
  // RFC 2131: a request from 0.0.0.0 asks whether the address is free.
  if (asker === 0) return addressType(at.ns, target, link.name) === 'local' && !arpIgnore(at, link, target, asker) ? 'own-address' : 'none';
  const found = inputRoute(sim, at.ns, { dst: target, src: asker, tos: 0, mark: 0, iif: link.name, proto: 0, uid: 0 }, { src: asker, dst: target, proto: 0 });
  if (found.kind === 'local' && found.check.ok) return arpIgnore(at, link, target, asker) || arpFilter(sim, at, link, target, asker) ? 'none' : 'own-address';
  if (found.kind !== 'forward' || !found.check.ok || !isForwarding(at.ns, link.name)) return 'none';
  const out = found.chosen.hop.dev;
  // arp_fwd_pvlan(): for what lies behind the very device that asks; arp_fwd_proxy() and `ip neigh add proxy`: never for that.
  if (out === link.name) return asker !== target && devConf(at.ns, link.name, 'proxy_arp_pvlan', 'own', 0) !== 0 ? 'proxy-arp' : 'none';
  const proxied = at.ns.netns.neighbours.some((n) => n.ip === target && n.dev === link.name && n.extra?.includes('proxy'));
  return proxied || (devConf(at.ns, link.name, 'proxy_arp', 'or', 0) === 1 && mediumDiffers(at, link.name, out)) ? 'proxy-arp' : 'none';
}

/** arp_fwd_proxy(): medium_id 0 answers for all, -1 for none, else for what lies on another medium. */
function mediumDiffers(at: At, dev: string, out: string | undefined): boolean {
  const of = (name: string): number => devConf(at.ns, name, 'medium_id', 'own', 0);
  const mine = of(dev);
  if (mine === 0 || mine === -1) return mine === 0;
  const other = out === undefined ? -1 : of(out);
  return other !== mine && other !== -1;
}

/** arp_filter() (net/ipv4/arp.c): only where an answer to the asker would leave by this device. */
function arpFilter(sim: Sim, at: At, link: Link, target: Ip4, asker: Ip4): boolean {
  if (devConf(at.ns, link.name, 'arp_filter', 'or', 0) === 0) return false;
  const back = routeOutput(sim, at.ns, { purpose: 'output', dst: asker, src: target, tos: 0, mark: 0, proto: 0, uid: 0 });
  return back.kind !== 'route' || back.rt.oif !== link.name;
}

/** arp_ignore() and confirm_addr_indev() (net/ipv4/arp.c, devinet.c): 1 only for addresses of the asked device, 2 and only to its own subnet, 3 not for scope host, 8 never. */
function arpIgnore(at: At, link: Link, target: Ip4, asker: Ip4): boolean {
  const has = (on: Link, scope: number): boolean => on.addresses.some((a) => a.ip === target && countedScope(at.ns, on, a) <= scope);
  switch (devConf(at.ns, link.name, 'arp_ignore', 'max', 0)) {
    case 1:
      return !has(link, SCOPE.host);
    case 2:
      return !has(link, SCOPE.host) || (asker !== 0 && !inetAddrOnlink(link, target, asker));
    case 3:
      return !at.ns.netns.links.some((l) => has(l, SCOPE.link));
    case 8:
      return true;
    default:
      return false;
  }
}

const arpSkb = (sim: Sim, about: Skb, arp: ArpHeader, dst: Mac): Skb => ({
  ...about,
  id: sim.newPacketId(),
  role: 'arp',
  packet: [arp],
  eth: { type: 'eth', src: arp.sha, dst, ethertype: ETHERTYPE_ARP },
  mark: 0,
  ct: undefined,
  piece: undefined,
  innerPieces: [],
  iif: undefined,
  vid: undefined,
  flood: undefined,
  physin: undefined,
  physout: undefined,
  prerouted: false,
});
