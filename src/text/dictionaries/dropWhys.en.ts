import type { DropReason } from '../../engine/step.ts';
import type { TaleOf } from '../tale-types.ts';

/** A sentence about a loss; the second argument makes a value look like code. */
export type DropWhys = Readonly<Record<DropReason, (t: TaleOf<'drop'>, c: (value: string) => string) => string>>;

/** Why, and who is told. */
export const dropWhys: DropWhys = {
  rule: () => 'The rule says so. DROP is silent: the sender is not told.',
  policy: () => 'No rule accepted it. The policy is silent: the sender is not told.',
  'rp-filter': (t, c) => `${c('rp_filter')} refuses a packet that comes in where an answer to ${c(t.src)} would not go out. Nobody is told.`,
  'martian-source': (t, c) => `${c(t.src)} is this machine’s own address, or one that no machine on a link can have. Nobody is told.`,
  'martian-destination': (t, c) => `${c(t.dst)} must not appear on a link. Nobody is told.`,
  'not-forwarding': (_, c) => `${c('net.ipv4.ip_forward')} is 0 here: what is not for this machine is thrown away without a word.`,
  ttl: () => 'Every hop takes one off; at zero the packet is thrown away and its sender is told (ICMP 11/0).',
  blackhole: (t, c) => `A blackhole route catches what no more precise route takes: there is no ${c(t.dst)} behind it. A blackhole is silent.`,
  unreachable: () => 'The route itself says that nothing is there; the sender is told (ICMP 3/1).',
  prohibit: () => 'The route itself forbids it; the sender is told (ICMP 3/13).',
  'no-route': (t, c) => `No table has a route that holds ${c(t.dst)}, not even a default one.`,
  'no-neighbour': () => 'A frame needs the MAC address of its next hop. Three questions stayed without an answer; the sender is told (ICMP 3/1).',
  'bridge-state': () => 'A port that is disabled, blocking or still learning passes nothing on.',
  'bridge-vlan': () => 'The bridge filters VLANs, and only members of the VLAN get its frames.',
  'bridge-locked': () => 'A locked port takes frames only from addresses that its bridge has an entry for.',
  'bridge-hairpin': () => 'A bridge never sends a frame back by the port it came in by, unless the port is in hairpin mode.',
  'bridge-isolated': () => 'Isolated ports do not talk to each other.',
  'bridge-no-port': () => 'No other port is there that may have a copy.',
  'no-carrier': () => 'A dummy device only holds addresses; what is sent to it is gone.',
  'device-down': (t, c) => `${c(t.dev ?? 'The device')} is not UP.`,
  'too-big': () => 'DF is set, so it must not be cut.',
  otherhost: (t, c) => (t.vlan === undefined ? 'The destination MAC is not this device’s, so the IP layer never sees it.' : `The frame has the tag of VLAN ${c(String(t.vlan))}, and no VLAN device above ${c(t.dev ?? 'this one')} takes it. To IP it counts as a frame for another machine.`),
  'no-tunnel': () => 'A wrapped packet needs a tunnel device that is up and whose ends, key or network number fit it.',
  'no-fdb': (_, c) => `A VXLAN device needs an entry for the MAC address, or one for ${c('00:00:00:00:00:00')} that takes all others.`,
  'no-tunnel-remote': () => 'The device has no fixed remote, and the route gives no next hop to use instead.',
  'tunnel-loop': () => 'The route to the other end of the tunnel leads through the tunnel itself.',
  'tunnel-mismatch': () => 'It is the device’s own frame, comes from another end than the entry for its MAC says, or its checksum or number flags differ.',
  ecn: () => 'The outer header carries the congestion mark CE while the inner one does not take part in ECN: a router would have dropped it instead of marking it.',
  'ipvs-no-destination': () => 'The virtual server has no real server with a weight: the client is told that the port is closed.',
  'ipvs-old-connection': () => 'The real server of a connection was removed, or the connection is to start anew while conntrack still has its old entry. The client has to try again.',
  'ipvs-no-connection': () => 'It comes from the port of a real server, yet IPVS knows no such connection: with `nat_icmp_send` the real server is told so.',
  'ipvs-absorbed': () => 'The error is about a packet that IPVS had wrapped. IPVS remembers the path MTU, and tells the client in an error about its own packet if it has to know.',
  'ipvs-unroutable': () => 'IPVS has no way to this real server that it may use: there is no route, or the packet comes from a loopback address and must not leave the machine.',
  'masquerade-moved': () => 'The connection has the address of the device that it left by at first. The kernel forgets it, and the next packet starts a new one.',
  'ct-clash': () => 'Two connections wanted the same place in the table.',
  'nat-redirect': () => 'The gateway that a redirect names holds for the addresses before translation only.',
  broadcast: () => 'A socket needs SO_BROADCAST to send one; of what comes in, only UDP sockets take it, and pings if icmp_echo_ignore_broadcasts is 0.',
  'icmp-ignored': (_, c) => `${c('net.ipv4.icmp_echo_ignore_all')} is set.`,
  'no-protocol': () => 'The sender is told that the protocol is not spoken here (ICMP 3/2).',
  'no-source-address': () => 'The device has no address, and no other one may be used.',
};
