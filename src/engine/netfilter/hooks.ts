import type { Hook, TableName } from '../../world/netfilter.ts';
import { removeEntry, viewEntry } from '../conntrack/table.ts';
import { nullBinding, setupNat, translateIcmpError, translatePacket } from '../conntrack/nat.ts';
import { confirm, track } from '../conntrack/track.ts';
import { ipvsForwardIcmp, ipvsReply, ipvsRequest } from '../ipvs/hooks.ts';
import { reassemble } from '../ip/fragment.ts';
import type { Rtable } from '../routing/rtable.ts';
import type { At, Sim } from '../sim.ts';
import type { CtRef, Skb } from '../skb.ts';
import { PROTO_ICMP, ipOf } from '../../packet/packet.ts';
import { chainsOf } from './ruleIndex.ts';
import { rerouteIfChanged } from './reroute.ts';
import { physOf, walkTable } from './walk.ts';

/** State of one hook traversal (struct nf_hook_state) as its handlers pass it on. */
export interface HookState {
  readonly sim: Sim;
  readonly at: At;
  readonly hook: Hook;
  readonly in: string | undefined;
  readonly out: string | undefined;
  readonly skb: Skb;
  /** The route so far; OUTPUT handlers may replace it. */
  readonly rt: Rtable | undefined;
}

/** `bypassed`: nobody took what the table queued; `stolen`: somebody else took care of the packet; `ended`: it was dropped, or nobody can tell, and that is recorded. */
export type HandlerResult = { readonly verdict: 'accept'; readonly state: HookState; readonly bypassed?: boolean } | { readonly verdict: 'stolen' } | { readonly verdict: 'ended' };

type Handler = (state: HookState) => HandlerResult;

const table =
  (name: TableName): Handler =>
  (state) =>
    runTable(state, name);

/**
 * Who listens at each hook, in the order of their priorities (enum nf_ip_hook_priorities, include/uapi/linux/netfilter_ipv4.h;
 * ip_vs_ops4, net/netfilter/ipvs/ip_vs_core.c).
 */
const handlers: Readonly<Record<Hook, readonly Handler[]>> = {
  PREROUTING: [defragment, table('raw'), connectionTracking, table('mangle'), natTable('dst')],
  INPUT: [table('mangle'), table('filter'), table('security'), ipvsReply, ipvsRequest, natTable('src'), confirmation],
  FORWARD: [table('mangle'), table('filter'), table('security'), ipvsForwardIcmp, ipvsReply],
  OUTPUT: [defragment, table('raw'), connectionTracking, table('mangle'), natTable('dst'), ipvsReply, ipvsRequest, table('filter'), table('security')],
  POSTROUTING: [table('mangle'), natTable('src'), confirmation],
};

/** NF_HOOK(): asks every handler of the hook in turn until one does not accept. */
export function runHook(sim: Sim, at: At, hook: Hook, skb: Skb, devs: { readonly in: string | undefined; readonly out: string | undefined }, rt?: Rtable): HandlerResult {
  let state: HookState = { sim, at, hook, in: devs.in, out: devs.out, skb, rt };
  const nft = at.ns.netns.unmodelled.find((u) => u.what === 'nft-ruleset' || u.what === 'xfrm');
  if (nft) {
    sim.unknown(at, skb, nft.what === 'xfrm' ? 'xfrm' : 'nft-ruleset', nft.name, undefined, nft.source ? [nft.source] : []);
    return { verdict: 'ended' };
  }
  for (const handler of handlers[hook]) {
    const result = handler(state);
    if (result.verdict !== 'accept') return result;
    state = result.state;
  }
  return { verdict: 'accept', state };
}

export const accept = (state: HookState, change: Partial<Pick<HookState, 'skb' | 'rt'>> = {}): HandlerResult => ({ verdict: 'accept', state: { ...state, ...change } });

export function drop(state: HookState, skb: Skb, reason: 'rule' | 'policy' | 'ct-clash' | 'masquerade-moved' | 'nat-redirect' | 'ipvs-no-destination' | 'ipvs-unroutable' | 'ipvs-old-connection' | 'ipvs-no-connection' | 'ipvs-absorbed' | 'ttl' | 'too-big'): HandlerResult {
  state.sim.emit(state.at, skb, { kind: 'drop', reason });
  state.sim.end(state.at, skb, 'dropped');
  return { verdict: 'ended' };
}

/** One table's base chain at this hook. Emits a `table` step whose children are its rules. */
function runTable(state: HookState, name: TableName): HandlerResult {
  const { sim, at, hook, skb } = state;
  const found = at.ns.netns.tables?.find((t) => t.name === name);
  if (!found || chainsOf(found).get(hook)?.policy === undefined) return accept(state);
  const id = sim.emit(at, skb, { kind: 'table', hook, table: name, in: state.in, out: state.out, ...physOf(skb, state), verdict: 'accept' }, { source: [found.source] });
  const outer = sim.parent;
  sim.parent = id;
  const nexthop = state.rt?.gateway;
  const walked = walkTable(skb, { sim, at, hook, in: state.in, out: state.out, table: found, nexthop, rt: state.rt });
  sim.parent = outer;
  sim.amend(id, walked.skb, { verdict: walked.verdict === 'stolen' ? 'drop' : walked.verdict === 'bypass' ? 'accept' : walked.verdict });
  switch (walked.verdict) {
    case 'bypass':
    case 'accept': {
      const next = accept(state, { skb: walked.skb });
      // ipt_mangle_out(): a changed mark, tos or address in mangle OUTPUT asks for a new route.
      return name === 'mangle' && hook === 'OUTPUT' && next.verdict === 'accept' ? rerouteIfChanged(next.state, skb) : walked.verdict === 'bypass' && next.verdict === 'accept' ? { ...next, bypassed: true } : next;
    }
    case 'drop':
      return drop(state, walked.skb, lastReason(sim));
    case 'stolen':
      return { verdict: 'stolen' };
    case 'unknown':
      return { verdict: 'ended' };
  }
}

const lastReason = (sim: Sim): 'rule' | 'policy' => (sim.steps.at(-1)?.kind === 'policy' ? 'policy' : 'rule');

/** ipv4_conntrack_defrag(): where connections are tracked, or sockets asked, fragments are put together first. */
function defragment(state: HookState): HandlerResult {
  if (!state.at.ns.defragging || state.skb.piece === undefined || state.skb.ct?.kind === 'untracked') return accept(state);
  const whole = reassemble(state.sim, state.at, state.skb);
  return whole ? accept(state, { skb: whole }) : { verdict: 'stolen' };
}

function connectionTracking(state: HookState): HandlerResult {
  return accept(state, { skb: track(state.sim, state.at, state.skb) });
}

function confirmation(state: HookState): HandlerResult {
  const skb = confirm(state.sim, state.at, state.skb);
  return skb ? accept(state, { skb }) : drop(state, state.skb, 'ct-clash');
}

/** nf_nat_oif_changed(): a masqueraded connection whose packets now leave by another device has the wrong address: entry and packet go. */
function forgetMasqueraded(state: HookState, { entry, dir, info }: Extract<CtRef, { kind: 'tracked' }>): HandlerResult {
  const { sim, at, skb } = state;
  removeEntry(at.ns.conntrack, entry);
  sim.emit(at, skb, { kind: 'conntrack', op: 'removed', direction: dir, state: info, entry: viewEntry(entry) });
  return drop(state, skb, 'masquerade-moved');
}

/**
 * nf_nat_inet_fn() (net/netfilter/nf_nat_core.c): the nat chains are asked once a connection and manip; after that, and for replies,
 * the connection's entry does the translation. Packets without an entry pass by.
 */
function natTable(manip: 'src' | 'dst'): Handler {
  return (state) => {
    const { sim, at, hook } = state;
    const { ct } = state.skb;
    if (ct?.kind !== 'tracked' || !at.ns.natting) return accept(state);
    if (ct.info === 'RELATED' && ipOf(state.skb.packet).proto === PROTO_ICMP) {
      const translated = translateIcmpError(sim, at, state.skb, ct, manip);
      const told = translated ? accept(state, { skb: translated }) : drop(state, state.skb, 'nat-redirect');
      return hook === 'OUTPUT' && told.verdict === 'accept' ? rerouteIfChanged(told.state, state.skb) : told;
    }
    let current = state;
    let justBound = false;
    const bound = manip === 'src' ? ct.entry.srcDone : ct.entry.dstDone;
    if (ct.info !== 'ESTABLISHED' && !bound) {
      justBound = true;
      const walked = runTable(state, 'nat');
      // Only what the chains accept is bound: the rest goes on as it is, and is asked again.
      if (walked.verdict !== 'accept' || walked.bypassed === true) return walked;
      current = walked.state;
      const nowBound = manip === 'src' ? ct.entry.srcDone : ct.entry.dstDone;
      if (!nowBound) setupNat(sim, at, current.skb, ct.entry, manip, nullBinding(ct.entry, manip), { by: 'null-binding' });
    }
    if (!justBound && hook === 'POSTROUTING' && ct.dir === 'original' && (ct.entry.masqueradedOn ?? state.out) !== state.out) return forgetMasqueraded(state, ct);
    const skb = translatePacket(sim, at, current.skb, ct, manip, justBound);
    const next = accept(current, { skb });
    // nf_nat_ipv4_local_fn(): DNAT in OUTPUT asks for a new route.
    return hook === 'OUTPUT' && next.verdict === 'accept' ? rerouteIfChanged(next.state, state.skb) : next;
  };
}
