import type { DropReason, UnknownWhat } from '../../engine/step.ts';
import type { TaleOf } from '../tale-types.ts';
import { sentenceCase } from '../names.ts';
import { unknownMatches } from './matches.en.ts';

export type DropSentences = Readonly<Record<DropReason, (t: TaleOf<'drop'>) => string>>;
export type UnknownSentences = Readonly<Record<UnknownWhat, (name: string) => string>>;

/** Why a packet was lost, one sentence each. */
export const drops: DropSentences = {
  rule: () => 'Dropped by a rule',
  policy: () => 'Dropped by a chain’s policy',
  'rp-filter': (t) => `Dropped: the way back to ${t.src} does not lead out of ${t.dev ?? 'this device'}`,
  'martian-source': (t) => `Dropped: ${t.src} cannot come in on ${t.dev ?? 'this device'}`,
  'martian-destination': (t) => `Dropped: ${t.dst} is no address to route to`,
  'not-forwarding': (t) => `Dropped: ${t.host} does not forward, and ${t.dst} is not its own`,
  ttl: (t) => `Dropped: its time to live is used up at ${t.host}`,
  blackhole: (t) => `Dropped: the route to ${t.dst} is a blackhole`,
  unreachable: (t) => `Dropped: the route to ${t.dst} says unreachable`,
  prohibit: (t) => `Dropped: the route to ${t.dst} says prohibited`,
  'no-route': (t) => sentenceCase(`${t.host} has no route to ${t.dst}`),
  'no-neighbour': (t) => `Dropped: nobody on ${t.dev ?? 'the link'} answers for ${t.dst} or its next hop`,
  'bridge-state': (t) => `Dropped: ${t.dev ?? 'the port'} is not in the state forwarding`,
  'bridge-vlan': (t) => `Dropped: ${t.dev ?? 'the port'} is not in the frame’s VLAN`,
  'bridge-locked': (t) => `Dropped: ${t.dev ?? 'the port'} is locked, and does not know the sender`,
  'bridge-hairpin': (t) => `Dropped: the way leads back out of ${t.dev ?? 'the port'}, by which it came in`,
  'bridge-isolated': (t) => `Dropped: ${t.dev ?? 'the port'} and the way out are isolated from each other`,
  'bridge-no-port': () => 'Dropped: no port of the bridge may have it',
  'no-carrier': (t) => `Dropped: ${t.dev ?? 'the device'} leads nowhere`,
  'device-down': (t) => `Dropped: ${t.dev ?? 'the device'} is down`,
  'too-big': (t) => `Dropped: too large for the way to ${t.dst}, and it must not be cut`,
  otherhost: (t) => (t.vlan === undefined ? `${t.host} ignores it: the frame is for another machine` : `${t.host} ignores it: no device there is in VLAN ${t.vlan}`),
  'no-tunnel': (t) => `Dropped: no tunnel device of ${t.host} takes a packet from ${t.src}`,
  'no-fdb': (t) => sentenceCase(`${t.dev ?? t.host} does not know behind which machine that MAC address is`),
  'no-tunnel-remote': (t) => sentenceCase(`${t.dev ?? t.host} has no other end to send to`),
  'tunnel-loop': (t) => `Dropped: the wrapped packet would go into ${t.dev ?? 'the tunnel'} again`,
  'tunnel-mismatch': (t) => sentenceCase(`${t.dev ?? t.host} refuses what came through the tunnel`),
  ecn: () => 'Dropped: it was marked as congested on the way, and the packet inside cannot say so',
  'ipvs-no-destination': (t) => `IPVS has no real server for ${t.dst}`,
  'ipvs-old-connection': () => 'Dropped: IPVS still knows this connection, and its real server is gone or must be picked anew',
  'ipvs-no-connection': (t) => `Refused: ${t.dst} has no connection with this real server any more`,
  'ipvs-absorbed': () => 'IPVS takes this error about its own tunnel',
  'ipvs-unroutable': (t) => `Dropped: IPVS cannot send it to ${t.dst}, the real server it picked`,
  'masquerade-moved': (t) => `Dropped: the connection was masqueraded for another device than ${t.dev ?? 'this one'}`,
  'ct-clash': () => 'Dropped: another connection took its place in the connection table',
  'nat-redirect': () => 'Dropped: a redirect about a translated connection would name the wrong gateway',
  broadcast: (t) => `Dropped: ${t.dst} is a broadcast, and nothing here sends or takes it`,
  'icmp-ignored': (t) => sentenceCase(`${t.host} is set to ignore pings`),
  'no-protocol': (t) => `Nothing at ${t.host} takes this protocol`,
  'no-source-address': (t) => sentenceCase(`${t.host} has no address to send from`),
};

/** What cannot be known, one sentence each. */
export const unknowns: UnknownSentences = {
  match: (name) => `Unknown from here on: a rule uses the match ${name}, ${Object.hasOwn(unknownMatches, name) ? `and ${unknownMatches[name]}` : 'which is not modelled'}`,
  target: (name) => `Unknown from here on: a rule uses the target ${name}, which is not modelled`,
  set: (name) => `Unknown from here on: the set ${name} is not in the dump, or of a type that is not modelled`,
  chain: (name) => `Unknown from here on: the chain ${name} is not in the dump`,
  scheduler: (name) => `Unknown from here on: whom IPVS picks (${name}) is not modelled`,
  'nft-ruleset': (name) => `Unknown from here on: the nft table ${name} is not modelled`,
  tc: (name) => `Unknown from here on: a tc filter (${name}) sits on the device`,
  ebpf: (name) => `Unknown from here on: an eBPF program (${name}) sits on the device`,
  'ovs-bridge': (name) => `Unknown from here on: the device belongs to the Open vSwitch bridge ${name}`,
  device: (name) => `Unknown from here on: the device ${name} is not modelled or not in the dump`,
  ipv6: (name) => `${name} is an IPv6 address, and IPv6 is not walked yet`,
  'policy-rule': (name) => `Unknown from here on: the policy rule has a part that is not modelled: ${name}`,
  route: (name) => `Unknown from here on: the route has a part that is not modelled: ${name}`,
  xfrm: (name) => `Unknown from here on: an IPsec policy (${name}) is in the way`,
  dump: (name) => `Unknown from here on: the dump of ${name} is missing`,
  bound: (name) => `The walk was stopped after ${name}`,
  fragment: (name) => `Unknown from here on: a piece of a packet hides its ${name} header`,
  'forward-method': (name) => `Unknown from here on: IPVS forwards to this real server by ${name}, which is not modelled`,
  tunnel: (name) => `Unknown from here on: the tunnel device has an option that is not modelled: ${name}`,
  fdb: (name) => `Unknown from here on: the dump does not say behind whom the MAC address is (${name})`,
  protocol: (name) => `Unknown from here on: the protocol ${name} is not modelled`,
};
