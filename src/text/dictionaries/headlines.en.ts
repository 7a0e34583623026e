import type { Because, Dictionary, TaleOf } from '../tale-types.ts';
import { sentenceCase } from '../names.ts';
import { drops, unknowns } from './reasons.en.ts';

const s = sentenceCase;

/** `172.19.100.2,tcp:80 is in the set KUBE-LOAD-BALANCER`; undefined when the condition says nothing that fits into a headline. */
function member(because: Because | undefined): string | undefined {
  return because?.set !== undefined && because.saw !== '' ? `${because.saw} is in the set ${because.set}` : undefined;
}

const orNone = (items: readonly (string | undefined)[], glue = ' '): string => items.filter((x) => x !== undefined && x !== '').join(glue);

const endpoint = (t: TaleOf<'ipvs-pick'>): string => (t.here ? 'on this very node' : t.where === undefined ? '' : `on ${t.where}`);

/** What a tunnel puts around a packet. */
function wrapped(t: TaleOf<'encap'>): string {
  switch (t.tunnel) {
    case 'ipip':
      return 'it: a second IP header';
    case 'gre':
      return 'it: GRE and a second IP header';
    case 'gretap':
      return 'the frame in GRE and IP';
    case 'vxlan':
      return `the frame in UDP, for VXLAN network ${t.vni ?? '?'}`;
    case 'geneve':
      return `the frame in UDP, for Geneve network ${t.vni ?? '?'}`;
  }
}

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const numberWord = (n: number): string => NUMBERS[n] ?? String(n);

/** One sentence that says what happened and to what end. */
export const headlinesEn: Dictionary = {
  send: (t) =>
    s(
      t.sort === 'tcp'
        ? `${t.who} opens a connection to ${t.to}, port ${t.port ?? '?'}`
        : t.sort === 'ping'
          ? `${t.who} pings ${t.to}${t.toName === undefined ? '' : `, ${t.toName}`}`
          : t.sort === 'udp'
            ? `${t.who} sends a UDP datagram to ${t.to}, port ${t.port ?? '?'}`
            : `${t.who} sends a packet of protocol ${t.proto} to ${t.to}`,
    ),
  answer: (t) => s(`${t.who} answers ${t.expected ? `${t.to}${t.toName === undefined ? '' : `, ${t.toName}`}` : `the address it saw, ${t.to}`}`),
  data: (t) => s(t.segments === 0 ? `${t.who} acknowledges the answer: the connection is open` : `The connection is open: ${t.who} sends its ${t.bytes} bytes in ${t.segments === 1 ? 'one segment' : `${t.segments} segments`}`),
  'icmp-error': (t) => s(`${t.who} sends an error back to ${t.to}: ${t.error}`),
  reset: (t) => s(`${t.who} answers with a reset`),
  arrive: (t) =>
    t.otherhost
      ? `${t.host} hears a frame on ${t.dev} that is not addressed to it`
      : t.via === undefined
        ? s(`It arrives at ${t.host} on ${t.dev}`)
        : s(`${t.via} hands it on to ${t.host}, where it comes in on ${t.dev}`),
  mark: (t) =>
    t.cleared
      ? `${t.rule} takes the mark ${t.before} off the packet again`
      : `${member(t.because) ?? `Rule ${t.by} matches`}, so the packet gets the mark ${t.mark}`,
  returned: (t) => `${member(t.because) ?? `Rule ${t.rule} matches`}, so ${t.chain} lets go of it early${t.skipped === undefined ? '' : `: no ${t.skipped}`}`,
  accepted: (t) => `${member(t.because) ?? `Rule ${t.rule} matches`}, so the packet passes ${t.table} ${t.hook} as it is`,
  'source-kept': (t) => `No rule rewrites the source: ${t.src} stays`,
  table: (t) => (t.by === 'rule' ? `${t.table} ${t.hook}: ${t.rule ?? 'a rule'} lets it pass unchanged` : t.by === 'policy' ? `${t.table} ${t.hook}: no rule decides, the policy lets it pass` : `${t.table} ${t.hook} lets it pass`),
  'table-asked': (t) => `${t.table} ${t.hook} is asked${t.in === undefined && t.out === undefined ? '' : ` (${orNone([t.in === undefined ? undefined : `in ${t.in}`, t.out === undefined ? undefined : `out ${t.out}`], ', ')})`}`,
  'ct-zone': (t) => `${t.rule} has the packet tracked in zone ${t.zone}`,
  notrack: (t) => `${t.rule} takes the packet out of connection tracking`,
  'rule-hit': (t) => (t.jump ? `${t.rule} matches and jumps to ${t.verdict ?? '?'}` : t.change ? (t.change.op === 'add' ? `${t.rule} puts ${t.change.element} into ${t.change.set}` : `${t.rule} takes ${t.change.element} out of ${t.change.set}`) : t.mark !== undefined ? `${t.rule} matches: mark ${t.mark}` : t.verdict === undefined ? `${t.rule} matches and only counts` : `${t.rule} matches: ${t.verdict}`),
  'rules-skipped': (t) => (t.from === t.to ? `${t.chain} rule ${t.from} is not for this packet` : `${t.chain} rules ${t.from} to ${t.to} are not for this packet`),
  'rule-miss': (t) => (t.because === undefined ? `${t.rule} does not match` : t.because.set !== undefined ? `${t.rule} does not match: ${t.because.saw} is not in ${t.because.set}` : `${t.rule} does not match: ${orNone([t.because.text, t.because.saw === '' ? undefined : `(it is ${t.because.saw})`])}`),
  'rule-unknown': (t) => `Nobody can tell whether ${t.rule} matches`,
  policy: (t) => `End of ${t.chain}: its policy is ${t.policy}`,
  'rule-drop': (t) => `Dropped by ${t.rule} in ${t.table} ${t.hook}`,
  'policy-drop': (t) => `Dropped: no rule of ${t.table} ${t.chain} accepts it, and its policy is DROP`,
  reject: (t) => `Rejected by ${t.rule} in ${t.table} ${t.hook}`,
  masquerade: (t) => {
    const lead = t.marked === undefined ? '' : 'The mark pays off: ';
    const whose = t.borrowed ? `${t.after}, the node’s first global address,` : `${t.out}’s address ${t.after}`;
    return `${lead}MASQUERADE writes ${whose} over ${t.before}`;
  },
  'nat-rule': (t) => `${t.target} changes the ${t.side === 'src' ? 'source' : 'destination'} from ${t.before} to ${t.after}`,
  'nat-entry': (t) => `conntrack translates the ${t.side === 'src' ? 'source' : 'destination'} from ${t.before} to ${t.after}`,
  undo: (t) => `The rewrite is undone: the ${t.side === 'src' ? 'source' : 'destination'} is ${t.after} again`,
  'undo-both': (t) => `Both rewrites are undone: it goes to ${t.dst} and comes from ${t.src} again`,
  'undo-ipvs': (t) => `IPVS puts the service’s address back: it comes from ${t.src} again`,
  conntrack: (t) =>
    ({
      new: 'conntrack has never seen this connection: it is NEW',
      found: t.direction === 'reply' ? `conntrack knows it: a packet of the reply direction, ${t.state}` : `conntrack knows the connection: ${t.state}`,
      confirm: 'conntrack confirms the entry: from now on the connection can be found',
      related: 'conntrack knows what the error is about: it is RELATED',
      invalid: 'conntrack cannot make sense of it: INVALID',
      untracked: 'conntrack does not track it',
      removed: 'conntrack forgets the connection',
    })[t.op],
  'route-local': (t) => (t.dev !== undefined ? s(`${t.ip} is an address of ${t.host}’s own: ${t.dummy ? 'the dummy device ' : ''}${t.dev} holds it`) : s(`For ${t.host} ${t.ip} is a local address: the packet goes up`)),
  'route-forward': (t) =>
    t.into === 'pod'
      ? `Routed to the veth of ${t.name ?? t.ip}; ${t.host} only forwards`
      : t.into === 'tunnel'
        ? `The route to ${t.prefix ?? t.ip} leads into ${t.oif}${t.name === undefined ? '' : `, towards ${t.name}`}`
        : `${t.host} routes it out of ${t.oif}${t.nexthop === undefined ? '' : `, by way of ${t.nexthop}`}`,
  'route-again': (t) =>
    t.into === 'local'
      ? `The real server is an address of this very node: the packet goes on to its socket`
      : `${t.ipvs ? 'Sent again as a local packet; the' : 'Routed again: the'} way to ${t.ip} goes ${t.into === 'tunnel' ? `through ${t.oif}` : t.into === 'pod' ? `straight to the veth of ${t.name ?? t.ip}` : `out of ${t.oif}`}`,
  'route-output': (t) => `${t.outer ? 'The outer packet is routed on its own' : 'A route is looked up'}: ${t.ip} is ${t.local ? 'an own address' : `reached by ${t.oif}${t.nexthop === undefined ? '' : `, by way of ${t.nexthop}`}`}`,
  'route-error': (t) => s(`${t.host} has no way to ${t.ip}`),
  'rp-filter': (t) => (t.passed ? `The way back to ${t.src} is fine: the reverse-path check lets it in` : `The way back to ${t.src} does not lead out of ${t.dev}: the reverse-path check refuses`),
  ttl: (t) => `Its time to live goes from ${t.before} to ${t.after}`,
  cut: (t) => (t.again ? `Cut into ${t.count} pieces again, none larger than they came: ${t.mtu} bytes` : `Too large for ${t.dev ?? 'the way'}: ${t.bytes} bytes, ${t.mtu} fit, so it is cut into ${t.count} pieces`),
  piece: (t) => `Piece ${t.index + 1} of ${t.count}`,
  whole: (t) => `The ${t.count} pieces are one packet again`,
  redirect: (t) => s(t.believed ? `${t.host} will send to ${t.ip} by way of ${t.gateway} from now on` : `${t.host} does not follow the redirect to ${t.gateway}`),
  pmtu: (t) => s(`${t.host} remembers that no more than ${t.mtu} bytes fit on the way to ${t.ip}`),
  'too-big': (t) => `Dropped: ${t.bytes} bytes do not fit into ${t.mtu}, and the packet must not be cut`,
  'ipvs-pick': (t) => (t.count > 1 ? `IPVS picks one of ${numberWord(t.count)} real servers: ${orNone([t.name ?? t.address, endpoint(t)])}` : `IPVS sends it to its one real server: ${orNone([t.name ?? t.address, endpoint(t)])}`),
  'ipvs-known': (t) => `IPVS knows this connection: it goes to ${t.address} as before`,
  'ipvs-none': (t) => `IPVS has no real server for ${t.virtual}, so it refuses`,
  encap: (t) => (t.reply ? `Back into the tunnel: ${t.inner} is behind ${t.peer ?? t.dst}` : `${t.dev} wraps ${wrapped(t)}, from ${t.src} to ${t.dst}`),
  wire: (t) =>
    t.nested
      ? t.reply
        ? `The reply crosses the underlay the other way, to ${t.to ?? 'the next machine'}`
        : `On the wire it runs from ${t.host} to ${t.to ?? 'the next machine'}; the inner addresses ride inside`
      : t.to === undefined
        ? `${t.dev} puts it on the wire, and no described machine takes it`
        : `${t.dev} puts it on the wire to ${t.to}`,
  leave: (t) => (t.sort === 'veth' ? `Through ${t.dev} to ${t.to ?? 'the other end of the veth'}` : t.sort === 'tunnel' ? `${t.dev} takes it` : t.sort === 'loopback' ? 'Over lo, back to the same machine' : `Out by ${t.dev}`),
  decap: (t) => (t.reply && t.holds ? `Unwrapped at ${t.host}, which knows the connection` : `${t.dev} on ${t.host} takes the outer ${t.tunnel === 'ipip' ? 'header' : 'headers'} off again`),
  bridge: (t) => (t.op === 'local' ? `${t.bridge} on ${t.host} takes it for itself` : t.op === 'flood' ? `${t.bridge} on ${t.host} sends it to ${t.to.length === 0 ? 'no port' : t.to.join(', ')}` : `${t.bridge} on ${t.host} passes it ${t.from === undefined ? '' : `from ${t.from} `}to ${t.to[0] ?? '?'}`),
  ovs: (t) => {
    const way = t.how === 'resume' ? `${t.bridge} looks at it again` : t.how === 'patch' ? `${t.bridge} has it next, without any device between` : t.how === 'controller' ? `${t.bridge} gets it from the controller` : `${t.bridge} takes it in at ${t.port}`;
    return t.to.length > 0 ? `${way}${t.how === 'patch' ? ',' : ''} and sends it to ${t.to.join(', ')}` : t.again ? `${way}, and asks connection tracking` : way;
  },
  openflow: (t) => {
    if (t.rule === undefined) return `Table ${t.table} of ${t.bridge} has no rule for it`;
    const [first] = t.changes;
    const does = t.to.length > 0 ? `out by ${t.to.join(', ')}` : t.bucket ? `group ${t.bucket.group}, bucket ${t.bucket.bucket}` : first ? `${first.field} becomes ${first.after}${t.changes.length > 1 ? `, and ${numberWord(t.changes.length - 1)} more` : ''}` : t.actions === 'drop' ? 'drop' : '';
    return orNone([`Table ${t.table} of ${t.bridge} takes the rule${t.match === '' ? ' for everything else' : ` ${t.match}`}`, does], ': ');
  },
  'ovs-ct': (t) => `${t.bridge} has the connection ${t.commit ? 'entered into' : 'looked up in'} zone ${t.zone}: ${t.state}`,
  'ovs-nat': (t) => `${t.bridge} has the ${t.side === 'src' ? 'source' : 'destination'} translated from ${t.before} to ${t.after}`,
  'ovs-length': (t) => (t.larger ? `${t.bytes} bytes are more than ${t.limit}: too large` : `${t.bytes} bytes are not more than ${t.limit}: it fits`),
  'ovs-controller': (t) => `${t.bridge} hands it to the controller${t.what === undefined ? '' : `, for ${t.what}`}`,
  'ovs-other': (t) => `${t.bridge}: ${t.what}`,
  neighbour: (t) => (t.mac === undefined ? `Nobody on ${t.dev} answers for ${t.ip}` : `${t.ip} is at ${t.mac}`),
  arp: (t) => (t.question ? `Who has ${t.ip}? asks ${t.dev}` : `${t.host} says: ${t.ip} is here${t.by === 'proxy-arp' ? ' (proxy ARP)' : t.by === 'program' ? ' (a program answers, not the kernel)' : ''}`),
  taken: (t) =>
    t.data
      ? s(`${t.who} has all of the data`)
      : t.was === undefined
        ? `Delivered: ${t.who} sees its client as it is, ${t.src}`
        : `Delivered, but ${t.who} sees ${t.src}, not the ${/\bclient\b/i.test(t.who) ? 'sender' : 'client'}`,
  echo: (t) => (t.was === undefined ? `The ping arrives: the kernel of ${t.who} will answer ${t.src}` : `The ping arrives, but ${t.who} sees ${t.src}, not the sender`),
  heard: (t) => (t.hidden === undefined ? s(`${t.who} hears back from ${t.from}`) : s(`${t.who} hears from ${t.from}, and suspects nothing`)),
  'reset-heard': (t) => s(`${t.who} gets a reset from ${t.from}`),
  told: (t) => s(`${t.who} is told: ${t.error}`),
  'controller-answers': (t) => s(`The controller of ${t.bridge} answers it itself, as the ${t.port === 53 ? 'DNS' : 'DHCP'} server`),
  kernel: (t) => s(t.reset ? `${t.who} gets the reset, and there is nothing to close` : t.error === undefined ? `The kernel of ${t.who} takes it` : `${t.who} gets the error, ${t.error}, but no socket of the probe’s is there`),
  'no-listener': (t) => s(`Nobody listens on ${t.proto} port ${t.port ?? '?'} of ${t.who}: its kernel refuses`),
  stray: (t) => (t.expected === undefined ? s(`${t.who} knows no such connection and refuses the answer`) : s(`${t.who} waits for an answer from ${t.expected}; one from ${t.from} means nothing to it`)),
  drop: (t) => drops[t.reason](t),
  left: (t) => (t.assumed ? `Taken as delivered: no dump shows the inside of ${t.name ?? t.ip}` : `It leaves what the dumps describe, towards ${t.ip}`),
  unknown: (t) => unknowns[t.what](t.name),
};
