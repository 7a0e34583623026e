import type { TunnelKind } from '../../engine/step.ts';
import type { Dictionary, TaleOf } from '../tale-types.ts';
import { plain } from '../telling.ts';
import { askFor } from './ask.en.ts';
import { dropWhys } from './dropWhys.en.ts';

const c = (value: string | number): string => `\`${plain(String(value))}\``;
const list = (items: readonly string[]): string => (items.length > 1 ? `${items.slice(0, -1).map(c).join(', ')} and ${c(items.at(-1) ?? '')}` : items.map(c).join(''));

/** Where the outer destination comes from. */
function remoteOf(t: TaleOf<'encap'>): string {
  switch (t.by) {
    case 'nexthop':
      return `The route’s next hop becomes the outer destination ${c(t.dst)}.`;
    case 'remote':
      return `The device’s fixed other end is the outer destination ${c(t.dst)}.`;
    case 'entry':
      return `The device’s forwarding table has the frame’s MAC address behind ${c(t.dst)}.`;
    case 'learned':
      return `The device saw the frame’s MAC address come from ${c(t.dst)} before.`;
    case 'default':
      return `The device’s forwarding table does not have the frame’s MAC address; the default entry says ${c(t.dst)}.`;
  }
}

const arrived: Readonly<Record<TunnelKind, string>> = {
  ipip: 'An IP packet of protocol 4',
  gre: 'A GRE packet',
  gretap: 'A GRE packet with a frame inside',
  vxlan: 'A UDP datagram for the VXLAN port',
  geneve: 'A UDP datagram for the Geneve port',
};

/** One to three sentences of reason; stars and backticks as in pieces(). */
export const whyEn: Dictionary = {
  send: (t) =>
    [
      t.sourceChosen ? `The kernel chose the source ${c(t.src)}: it goes with the route to the destination.` : `The source is ${c(t.src)}.`,
      t.toName === undefined ? '' : `${c(t.to)} belongs to *${plain(t.toName)}*.`,
      t.sort === 'tcp' ? 'The first packet is a SYN: every rule and table decides on it for the whole connection.' : '',
    ]
      .filter((x) => x !== '')
      .join(' '),
  answer: (t) => (t.expected ? '' : 'It knows nothing of the address that the client used: it can only answer what it saw. ') + (t.mss === undefined ? 'The answer is routed afresh: nothing says that it takes the same way back.' : `It offers ${c(`mss ${t.mss}`)}: the MTU of its way minus 40 bytes of headers. The answer is routed afresh, not sent back where the request came from.`),
  data: (t) => `The handshake gave both sides’ segment sizes; ${c(t.bytes)} bytes fit into ${c(t.segments)} of them. These packets belong to a connection that every table knows already: nat is not asked again.`,
  'icmp-error': (t) => `The error comes from ${c(t.from)} and quotes the start of the packet it is about, so that ${c(t.to)} knows which connection to blame.`,
  reset: (t) => `A TCP segment that belongs to no socket, or that a rule rejects, is answered with RST. ${c(t.to)} will give up at once.`,
  arrive: (t) => (t.pf !== undefined && !t.otherhost ? `${c(t.dev)} is a virtual function of ${c(t.pf)}: the NIC put the frame straight into this namespace. *The kernel of the machine did not see it*: none of its rules, routes, policies or connections apply.` : t.otherhost ? 'A capture shows the frame, but its MAC address is not this device’s.' : `A capture on ${c(t.dev)} sees the packet here, before any rule has seen it.`),
  mark: (t) =>
    t.cleared
      ? 'The mark has done its work. It is taken off so that it does not act twice.'
      : `A mark does nothing by itself: *another rule or route asks for it later*. It rides on the packet inside ${c(t.host)} only; no header holds it.${t.later === undefined ? '' : ` Here ${c(t.later)} will act on it.`}`,
  returned: (t) => `${c(t.rule)} says RETURN: the rest of ${c(t.chain)} is skipped, and the chain that jumped here goes on with its next rule.${t.skipped === undefined ? '' : ` The rule behind it, ${c(t.skipped)}, never sees the packet.`}`,
  accepted: (t) => `ACCEPT ends ${c(`${t.table} ${t.hook}`)}. Nothing was marked and no address was changed here.`,
  'source-kept': (t) => `${t.rule === undefined ? 'No rule matched' : `${c(t.rule)} ended the chain`}${t.because?.text.includes('mark') === true ? `: the packet carries no such mark (it is ${c(t.because.saw)})` : ''}. So whoever gets the packet sees the true source ${c(t.src)}, and *must be able to answer it*.`,
  table: (t) =>
    t.by === 'policy'
      ? `Every rule of ${c(`${t.table} ${t.hook}`)} was tried and none ended the walk; the chain’s policy ACCEPT did.`
      : t.by === 'rule'
        ? `${c(t.rule ?? '')} ended the walk through ${c(`${t.table} ${t.hook}`)}; marks and addresses are as before.`
        : `${c(`${t.table} ${t.hook}`)} has no rule that concerns this packet.`,
  'table-asked': (t) => `Its base chain is walked rule by rule. In the end it says ${c(t.verdict)}.`,
  'ct-zone': () => 'Zones keep connections apart: the same addresses and ports may be two connections in two zones. The first such rule counts.',
  notrack: () => 'A packet that is not tracked is never translated, and `ctstate` rules see it as UNTRACKED.',
  'rule-hit': (t) => (t.because === undefined ? 'The rule has no condition: it matches everything that reaches it.' : `Every condition holds; the telling one is ${c(t.because.text)}, and the packet has ${c(t.because.saw)}.`),
  'rules-skipped': () => 'Each of them asks for another address, port or protocol. The list below has the reason of each.',
  'rule-miss': (t) => (t.because === undefined ? 'A condition does not hold.' : `${c(t.because.text)} does not hold: the packet has ${c(t.because.saw)}. What stands behind it in the rule is not evaluated any more.`),
  'rule-unknown': (t) => `A condition of ${c(t.rule)} is not modelled, or what it asks is not in the dump. It is not treated as “no match”: that would be a guess.`,
  policy: (t) => `No rule of ${c(t.chain)} ended the walk, so the policy does.`,
  'rule-drop': (t) => `DROP is silent: nobody is told, and the sender waits until it gives up.${t.because === undefined ? ` ${c(t.rule)} has no condition: it takes all that reaches it.` : ` What made the rule match: ${c(t.because.text)}, the packet has ${c(t.because.saw)}.`}${t.comment === undefined ? '' : ` On the rule stands: “${plain(t.comment)}”`}`,
  'policy-drop': (t) => `All rules of ${c(`${t.table} ${t.chain}`)} were tried; whatever none of them accepts, the policy drops without a word.`,
  reject: (t) => `REJECT drops the packet and *tells the sender*${t.outer ? ': the machine that wrapped the packet. Whoever sent what is inside is told nothing, and waits.' : ', so that it fails at once instead of waiting.'}${t.because === undefined ? '' : ` What made the rule match: ${c(t.because.text)}.`}`,
  masquerade: (t) =>
    [
      t.borrowed ? `MASQUERADE takes an address of the device the packet leaves by. ${c(t.out)} has none, so the kernel takes the *first global address in device order*: ${c(t.after)} of ${c(t.dev)}.` : `MASQUERADE takes the address of the device the packet leaves by: *${plain(t.out)}*, ${c(t.after)}.`,
      t.marked === undefined ? '' : `The mark ${c(t.marked)} asked for it.`,
      t.port === undefined ? '' : `The port changed too, from ${c(t.port.before)} to ${c(t.port.after)}; which one is up to the kernel.`,
    ]
      .filter((x) => x !== '')
      .join(' '),
  'nat-rule': (t) => `${c(t.rule)} decides for the whole connection: conntrack remembers the mapping, and nat is not asked again.`,
  'nat-entry': () => 'The connection has its mapping already: no nat rule is read, the entry does it.',
  undo: (t) => `No nat rule is read for a reply. The connection’s entry on ${c(t.host)} knows what it had written there, and puts ${c(t.after)} back for ${c(t.before)}.`,
  'undo-both': (t) => (t.ipvs ? `No nat rule is read for a reply: *conntrack* puts ${c(t.dst)} back as the destination, then *IPVS* puts ${c(t.src)} back as the source.` : `No nat rule is read for a reply: the connection’s entry puts back ${c(t.dst)} as the destination and ${c(t.src)} as the source.`),
  'undo-ipvs': (t) => `The packet fits a connection of IPVS on ${c(t.host)}: its real server’s address is replaced by the one that the client had asked for.`,
  conntrack: (t) =>
    ({
      new: 'An entry is made, but nobody can find it before the packet has passed the last hook and it is confirmed.',
      found: t.direction === 'reply' ? 'The packet fits the reply half of an entry. Whatever was rewritten on the way there will be put back from it.' : 'The packet fits an entry in the direction of its first packet.',
      confirm: 'The packet has come through all hooks, so its connection is real: the entry goes into the table.',
      related: 'The packet that the error quotes belongs to an entry, so the error is treated as a part of that connection.',
      invalid: 'It fits no entry and cannot open a connection. It is not translated; rules may drop it as INVALID.',
      untracked: 'A rule, or IPVS without `vs.conntrack`, took it out of tracking.',
      removed: 'The entry is gone.',
    })[t.op],
  'route-local': (t) =>
    t.virtual && t.dummy
      ? `Table ${c('local')} lists every own address, also those of dummy devices. Without it the packet would be *forwarded away, and IPVS would never see it*.`
      : `Table ${c('local')} lists every own address and is asked before all others: the packet goes up to INPUT, not on to FORWARD.`,
  'route-forward': (t) =>
    t.into === 'pod'
      ? `The route ${c(t.prefix ?? t.ip)} points at ${c(t.oif)}, the node’s end of the pod’s veth. Addresses stay as they are; the time to live goes down by one.`
      : t.into === 'tunnel'
        ? `The longest prefix that holds ${c(t.ip)} is ${c(t.prefix ?? '?')}; its device is a tunnel, so the next hop ${t.nexthop === undefined ? '' : c(t.nexthop)} becomes the outer destination.`
        : `${t.prefix === t.ip ? `${c(t.ip)} has a route of its own` : t.prefix === 'default' ? `No more precise route holds ${c(t.ip)}, so the ${c('default')} one counts` : `The longest prefix that holds ${c(t.ip)} is ${c(t.prefix ?? '?')}`}${t.nexthop === undefined ? ', and the destination is on that very link' : `, by way of ${c(t.nexthop)}`}.`,
  'route-again': (t) =>
    t.into === 'local'
      ? `${c(t.ip)} is in table ${c('local')}: the way does not change, only the destination did.`
      : t.ipvs
        ? `IPVS does not hand the packet to FORWARD: it looks up the way to ${c(t.ip)} itself (${c(t.prefix ?? '?')}) and sends the packet through *OUTPUT and POSTROUTING*, as if it had been made here.`
        : `An address or the mark changed in OUTPUT, so the first route no longer counts.`,
  'route-output': (t) => (t.outer ? 'The outer packet is one that this machine makes: it is routed and filtered like any other local packet.' : t.src === undefined ? 'The packet has its source already: the route only says where to.' : `The route also gives the source address: ${c(t.src)}.`),
  'route-error': (t) => (t.result === 'no-route' ? `No route of any table leads to ${c(t.ip)}.` : `The route that holds ${c(t.ip)} says ${c(t.result)}.`),
  'rp-filter': (t) => `${c(`rp_filter`)} is ${t.mode}: ${t.mode === 'strict' ? 'a packet may only come in where an answer to its source would go out' : 'some route must lead back to its source'}${t.expected === undefined ? ', and no route leads there' : `; the way back is ${c(t.expected)}`}.`,
  ttl: () => 'Each machine that forwards a packet takes one off, so that a loop ends. A tunnel counts as one hop inside.',
  cut: (t) => (t.again ? `It was put together here, but no piece may leave larger than the largest that came: ${c(t.mtu)} bytes.` : `${c(t.bytes)} bytes do not fit into ${c(t.mtu)}, and the packet allows cutting (DF is clear).`) + ' Only the first piece has the transport header, with its ports.',
  piece: () => 'Each piece is a packet of its own until somebody puts them together.',
  whole: () => 'Where connections are tracked, pieces are put together before any rule sees them.',
  redirect: (t) => (t.believed ? `A router on the same link says that ${c(t.gateway)} is the better next hop to ${c(t.ip)}; ${c('accept_redirects')} lets the kernel believe it.` : `It must come from the very gateway in use, name a neighbour whose MAC address is known, and ${c('accept_redirects')} must allow it.`),
  pmtu: (t) => `From now on ${c(t.host)} will not send larger packets to ${c(t.ip)}.`,
  'too-big': (t) => `DF is set, so the packet must not be cut.${t.told ? ` The sender is told that ${c(t.mtu)} bytes fit; it must come back with less.` : ''}`,
  'ipvs-pick': (t) =>
    t.chance
      ? `The scheduler is *${plain(t.scheduler)}*, each in turn. Whose turn it is depends on the connections before, which no dump shows: here it is *your choice*, ${c(`1/${t.count}`)} each.`
      : t.count > 1
        ? `The scheduler is *${plain(t.scheduler)}*: it is the next one’s turn.`
        : `Only one real server of ${c(t.virtual)} has a weight, so there is nothing to choose.`,
  'ipvs-known': (t) => `Every packet of a connection goes to the real server that its first one got: ${c(t.address)}.`,
  'ipvs-none': (t) => (t.listed === 0 ? `${c(t.virtual)} exists but has no real server on ${c(t.host)}: the client is told that the port is closed (ICMP 3/3).` : `All ${t.listed} real servers of ${c(t.virtual)} have weight 0: the client is told that the port is closed (ICMP 3/3).`),
  encap: (t) => (t.reply ? `The route to ${c(t.inner)} leads into ${c(t.dev)}. That is what the source address was rewritten for, if it was: *the answer comes back to the machine that knows the connection*.` : `${remoteOf(t)} ${t.tunnel === 'ipip' || t.tunnel === 'gre' ? 'The addresses inside are' : 'The whole Ethernet frame is'} now payload, ${c(`+${t.overhead} B`)}.`),
  wire: (t) => (t.pf !== undefined ? `${c(t.dev)} is a virtual function of ${c(t.pf)}: the NIC itself sends the frame, ${c(`${t.bytes} B`)} long. *The kernel of the machine does not see it*: no iptables, no conntrack, no routes, no network policy, no kube-proxy.` : t.nested ? `The tunnel is how ${c(t.inner)} is reached in the routing tables. The frame itself crosses the underlay, ${c(`${t.bytes} B`)} long: every switch and firewall in between sees only the *outer* packet.` : `The frame is ${c(`${t.bytes} B`)} long. Marks and conntrack entries stay behind: they never leave a machine.`),
  leave: (t) => (t.pf !== undefined ? `${c(t.dev)} is a virtual function of ${c(t.pf)}: the NIC itself sends the frame, and *the kernel of the machine does not see it*.` : t.sort === 'veth' ? 'A veth is a pair: what goes in at one end comes out at the other, in another network namespace, as if it came from a wire.' : t.sort === 'loopback' ? 'A packet to an own address goes out and comes in again over lo, and passes INPUT.' : `${c(t.dev)} is a device like any other to the rules; a capture on it sees the packet here.`),
  decap: (t) => (t.reply && t.holds ? 'The inner packet starts over, as if the tunnel device had received it, and fits the reply half of a connection here.' : `${arrived[t.tunnel]} to the node’s own address: the receiver strips ${c(`${t.overhead} B`)}, and the inner packet *starts over*, as if ${c(t.dev)} had received it.`),
  bridge: (t) => (t.op === 'local' ? 'The frame is addressed to the bridge itself, so IP has it next.' : t.op === 'flood' ? 'A bridge that does not know where an address is, or has a frame for all, sends a copy to every port but the one it came in by.' : `The forwarding table ${t.by === 'learned' ? 'learned' : 'says'} that the address is behind ${c(t.to[0] ?? '?')}. A bridged frame keeps its TTL and its source address.`),
  ovs: (t) =>
    [
      t.how === 'resume' ? 'Connection tracking gave the packet back with what it knows: *the tables go on where they had asked*.' : t.how === 'patch' ? `Two patch ports tie the bridges together: no capture and no rule of the kernel sees the packet between them.` : t.how === 'controller' ? 'The controller made the packet and had the tables look at it.' : `${c(t.port)} is a port of the Open vSwitch bridge ${c(t.bridge)}: its OpenFlow rules decide, *not the machine’s routes and iptables*.`,
      t.userspace && t.how === 'port' ? 'This bridge lives in a program of user space (DPDK) that shares memory with pods and drives its NICs itself: *the machine’s kernel never sees the packet*, and no capture on the machine shows it.' : '',
      t.lookUps === 0 ? '' : `It was looked up ${t.lookUps === 1 ? 'once' : `${t.lookUps} times`}${t.rule === undefined ? '' : t.missed ? `; the last table has no rule for it` : `; the last word had ${c(t.rule)}`}.`,
    ]
      .filter((x) => x !== '')
      .join(' '),
  openflow: (t) => {
    if (t.rule === undefined) return 'Where no rule of a table is for the packet, its way through the tables ends here.';
    const changes = t.changes.slice(0, 4).map((x) => `${c(x.field)} from ${c(x.before)} to ${c(x.after)}`);
    return `The rule with the highest priority that fits is taken${t.match === '' ? '; this one has no conditions' : ''}. Its actions: ${c(t.actions)}.${changes.length === 0 ? '' : ` It changes ${changes.join(', ')}.`}`;
  },
  'ovs-ct': (t) => `The connections are *the very table that iptables has* on this machine; zone ${c(t.zone)} keeps them apart.${t.nat === undefined ? '' : ` ${c(t.nat)} says how it is translated.`}${t.mark === undefined ? '' : ` The connection’s mark is ${c(t.mark)}.`} The tables see the result as ${c(`ct_state=${t.state}`)}.`,
  'ovs-nat': (t) => `${t.rule === undefined ? 'A rule of the bridge' : `The rule in ${c(t.rule)}`} says ${c(t.nat ?? 'nat')}: connection tracking writes it into the connection of zone ${c(t.zone)}, and will put it back for the replies. *No rule of iptables takes part*.`,
  'ovs-length': (t) => `The rule asks for the length of the frame because what lies ahead may carry less. ${t.larger ? 'Too large a packet is given to somebody who can tell its sender.' : ''}`.trim(),
  'ovs-controller': (t) => (t.what === undefined ? `The controller decides what becomes of it (${c(t.reason)}).` : t.agent === 'antrea' ? 'The rule’s userdata and the packet’s registers say which part of *Antrea’s agent* it is for, and what is to be done.' : `${c(t.what)} is the action of OVN that the rule’s userdata names: ${c('ovn-controller')} carries it out.`),
  'ovs-other': (t) => `${c(t.what)} does not change where the packet goes.`,
  neighbour: (t) => ({ entry: 'The neighbour table has it.', learned: 'It was learned on the way here.', arp: 'It was asked for by ARP, and answered.', none: 'The device needs no link-layer address.', failed: 'It was asked for by ARP three times, and nobody answered: the packet cannot go on.' })[t.how],
  arp: (t) => (t.question ? 'A broadcast: every machine on the link hears it, the owner answers.' : t.by === 'proxy-arp' ? `${c('proxy_arp')} is on, and there is a route to ${c(t.ip)} elsewhere: the machine answers in its place.` : t.by === 'program' ? `A program hears the question on ${c(t.dev)} and answers with the MAC address of that device: MetalLB's speaker does so on the one node it chose. The kernel need not have the address.` : 'It is the owner of the address.'),
  taken: (t) =>
    [
      t.data ? 'What the first packet’s rules decided, the entries did again to each of these.' : t.was === undefined ? 'Nothing on the way rewrote the source.' : `The source was rewritten on the way: ${c(t.was)} became ${c(t.src)}.`,
      t.changes.length === 0 ? '' : t.was === undefined ? `Its destination was chosen by ${list(t.changes)}.` : `The addresses were changed by ${list(t.changes)}.`,
      t.policyOf === undefined ? '' : `The service *${plain(t.policyOf)}* has ${c('externalTrafficPolicy: Cluster')}; under ${c('Local')} a node sends only to endpoints of its own and leaves the source alone.`,
      t.assumed ? 'No `ss` output was given here, so *any port is taken to answer*.' : '',
    ]
      .filter((x) => x !== '')
      .join(' '),
  echo: (t) => `Pings are answered by the kernel itself, no process is needed.${t.changes.length === 0 ? '' : ` The addresses were changed by ${list(t.changes)}.`}`,
  heard: (t) => (t.hidden === undefined ? 'The packet comes from the address that the client had asked, so it belongs to its connection.' : `It truly came from *${plain(t.hidden)}*; all that was rewritten has been put back, so the answer fits the client’s connection.`),
  'reset-heard': () => 'For the program this is “connection refused”, or “connection reset” once it was open.',
  told: (t) => `The error comes from ${c(t.from)} and quotes the client’s own packet, so its socket is told at once.`,
  'controller-answers': () => 'The rule’s userdata says what to answer, and the tables wait meanwhile: the answer goes on in them, *no server ever sees the question*.',
  kernel: (t) => (t.reset ? 'A reset is never answered.' : 'No socket of the probe’s is concerned.'),
  'no-listener': (t) => (t.proto === 'tcp' ? 'A SYN to a port without a listener is answered with RST.' : 'A datagram to a port without a listener is answered with ICMP port unreachable (3/3).'),
  stray: (t) =>
    [
      t.expected === undefined ? `No socket waits for an answer from ${c(t.from)}.` : `The client had asked ${c(t.expected)}; an answer from ${c(t.from)} belongs to no connection of its.`,
      t.cause === undefined ? '' : `The reply did *not pass ${plain(t.cause)}*, which had rewritten the request and alone could have put the address back.`,
    ]
      .filter((x) => x !== '')
      .join(' '),
  drop: (t) => dropWhys[t.reason](t, c),
  left: (t) => (t.assumed ? `A route or an object names a pod at ${c(t.ip)} but its namespace was not dumped. It is taken to accept the packet and to answer.` : `No described machine on ${t.dev === undefined ? 'the link' : c(t.dev)} has the next hop ${c(t.ip)}. What happens out there is not known; ${t.node === undefined ? 'a dump of that machine' : `the dumps of ${c(t.node)}`} would tell.`),
  unknown: (t) => askFor(t, c),
};
