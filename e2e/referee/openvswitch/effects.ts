/*
 * What a list of datapath actions does to a packet, so that two lists can be compared whatever way they go about it: each copy that
 * leaves, each visit to conntrack or the controller, with the headers that the packet has then. The text is that of
 * format_odp_actions() (lib/odp-util.c).
 */

/** One action: `set(ipv4(ttl=63))` is `set` with the text in its brackets. */
export interface OdpAction {
  readonly name: string;
  readonly args: string | undefined;
}

/** Splits at commas that stand outside of brackets. */
export function splitOutside(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '(' || c === '{' || c === '[') depth++;
    else if (c === ')' || c === '}' || c === ']') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.map((p) => p.trim()).filter((p) => p !== '');
}

export const readActions = (text: string): readonly OdpAction[] =>
  splitOutside(text).map((part) => {
    const open = part.indexOf('(');
    return open === -1 || !part.endsWith(')') ? { name: part, args: undefined } : { name: part.slice(0, open), args: part.slice(open + 1, -1) };
  });

const ip6 = (text: string): bigint => {
  const tail = /(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1];
  const hex = tail === undefined ? text : text.slice(0, -tail.length) + [ip4(tail) >> 16n, ip4(tail) & 0xffffn].map((n) => n.toString(16)).join(':');
  const [head = '', rest] = hex.split('::');
  const words = (part: string): readonly string[] => part.split(':').filter((w) => w !== '');
  const [front, back] = [words(head), words(rest ?? '')];
  const all = rest === undefined ? front : [...front, ...Array.from({ length: 8 - front.length - back.length }, () => '0'), ...back];
  return all.reduce((sum, w) => (sum << 16n) | BigInt(`0x${w}`), 0n);
};
const ip4 = (text: string): bigint => text.split('.').reduce((sum, b) => (sum << 8n) | BigInt(b), 0n);

/** A number, an address of any family, as a number. */
export function numberOf(text: string): bigint | undefined {
  if (/^(?:0x[0-9a-f]+|\d+)$/.test(text)) return BigInt(text);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return ip4(text);
  if (/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text)) return BigInt(`0x${text.replaceAll(':', '')}`);
  if (/^[0-9a-f:.]*:[0-9a-f:.]*$/.test(text)) return ip6(text);
  return undefined;
}

type Values = ReadonlyMap<string, bigint>;

/** Names in a flow that stand for the same place as those in `set(…)`. */
const PLACES: Readonly<Record<string, string>> = {
  dl_src: 'eth.src', dl_dst: 'eth.dst', nw_src: 'ip.src', nw_dst: 'ip.dst', nw_ttl: 'ip.ttl', ipv6_src: 'ip.src', ipv6_dst: 'ip.dst', ipv6_label: 'ip.label',
  tp_src: 'l4.src', tp_dst: 'l4.dst', tcp_src: 'l4.src', tcp_dst: 'l4.dst', udp_src: 'l4.src', udp_dst: 'l4.dst', sctp_src: 'l4.src', sctp_dst: 'l4.dst',
  icmp_type: 'l4.src', icmp_code: 'l4.dst', icmpv6_type: 'l4.src', icmpv6_code: 'l4.dst',
  arp_spa: 'arp.sip', arp_tpa: 'arp.tip', arp_op: 'arp.op', arp_sha: 'arp.sha', arp_tha: 'arp.tha', nd_target: 'nd.target', nd_sll: 'nd.sll', nd_tll: 'nd.tll',
  pkt_mark: 'skb_mark',
};
const SET_PLACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  eth: { src: 'eth.src', dst: 'eth.dst' },
  ipv4: { src: 'ip.src', dst: 'ip.dst', tos: 'ip.tos', ttl: 'ip.ttl' },
  ipv6: { src: 'ip.src', dst: 'ip.dst', label: 'ip.label', tclass: 'ip.tos', hlimit: 'ip.ttl' },
  tcp: { src: 'l4.src', dst: 'l4.dst' },
  udp: { src: 'l4.src', dst: 'l4.dst' },
  sctp: { src: 'l4.src', dst: 'l4.dst' },
  icmp: { type: 'l4.src', code: 'l4.dst' },
  icmpv6: { type: 'l4.src', code: 'l4.dst' },
  arp: { sip: 'arp.sip', tip: 'arp.tip', op: 'arp.op', sha: 'arp.sha', tha: 'arp.tha' },
  nd: { target: 'nd.target', sll: 'nd.sll', tll: 'nd.tll' },
};

interface Packet {
  readonly values: Values;
  /** Outermost first, as `vid/pcp`. */
  readonly tags: readonly string[];
  readonly tunnel: string | undefined;
}

/** The headers of a flow as a trace prints it. What is not printed is zero. */
function packetOf(flow: string): Packet {
  const values = new Map<string, bigint>();
  let tos = 0n;
  let vlan: { vid: number; pcp: number } | undefined;
  for (const part of splitOutside(flow)) {
    const [name = '', text = ''] = part.split(/=(.*)/s);
    const value = numberOf(text);
    const place = PLACES[name];
    if (place !== undefined && value !== undefined) values.set(place, value);
    if (name === 'nw_tos' || name === 'nw_ecn') tos |= value ?? 0n;
    if (name === 'dl_vlan') vlan = { pcp: 0, ...vlan, vid: Number(text) };
    if (name === 'dl_vlan_pcp') vlan = { vid: 0, ...vlan, pcp: Number(text) };
    if (name === 'vlan_tci' && (Number(text) & 0x1000) !== 0) vlan = { vid: Number(text) & 0xfff, pcp: Number(text) >> 13 };
  }
  values.set('ip.tos', tos);
  return { values, tags: vlan ? [`${vlan.vid}/${vlan.pcp}`] : [], tunnel: undefined };
}

const argument = (args: string, name: string): string | undefined => splitOutside(args).find((a) => a.startsWith(`${name}=`))?.slice(name.length + 1);

function write(packet: Packet, place: string, text: string): Packet {
  const [value = '', mask] = text.split('/');
  const bits = mask === undefined ? -1n : (numberOf(mask) ?? -1n);
  const before = packet.values.get(place) ?? 0n;
  return { ...packet, values: new Map(packet.values).set(place, (before & ~bits) | ((numberOf(value) ?? 0n) & bits)) };
}

function setHeader(packet: Packet, { name, args = '' }: OdpAction): Packet {
  if (name === 'tunnel') return { ...packet, tunnel: [...splitOutside(args)].sort().join(',') };
  if (name === 'skb_mark') return write(packet, name, args);
  // What a queue is as a priority is the datapath's own (dpif_queue_to_priority()), and says nothing about where a packet goes.
  if (name === 'skb_priority') return packet;
  const places = SET_PLACES[name];
  return splitOutside(args).reduce((p, part) => {
    const [field = '', value = ''] = part.split(/=(.*)/s);
    const place = places?.[field];
    return place === undefined ? p : write(p, place, value);
  }, packet);
}

/** What a packet looks like beside what it looked like at first. */
function looks(packet: Packet, first: Packet): string {
  const changed = [...packet.values].filter(([place, value]) => value !== (first.values.get(place) ?? 0n)).map(([place, value]) => `${place}=0x${value.toString(16)}`);
  const tags = packet.tags.join() === first.tags.join() ? [] : [`vlan=${packet.tags.join('+') || 'none'}`];
  return [...changed.toSorted(), ...tags].join(' ');
}

/** Words whose order says nothing; numbers of recirculations differ from run to run. */
function ctText(args: string): string {
  return splitOutside(args)
    .map((part) => {
      const [name = '', value = ''] = part.split(/=(.*)/s);
      if (name !== 'mark' && name !== 'label') return part === 'zone=0' ? '' : part;
      const [set = '', mask] = value.split('/');
      const all = name === 'mark' ? 0xffffffffn : (1n << 128n) - 1n;
      const bits = mask === undefined ? all : (numberOf(mask) ?? all);
      return `${name}=0x${((numberOf(set) ?? 0n) & bits).toString(16)}/0x${bits.toString(16)}`;
    })
    .filter((part) => part !== '')
    .toSorted()
    .join(',');
}

/** Whom a packet is handed to, and how much of it. The reason depends on what a dump does not show. */
function controllerText(args: string): string {
  const [inner = { name: '', args: '' }] = readActions(args).filter((a) => a.name === 'controller');
  return `id=${argument(inner.args ?? '', 'controller_id') ?? argument(inner.args ?? '', 'id') ?? '?'},max_len=${argument(inner.args ?? '', 'max_len') ?? '?'}`;
}

/** Each thing that the actions make happen to a packet with that flow, in order. */
export function effectsOf(actions: string, flow: string): readonly string[] {
  const first = packetOf(flow);
  const effects: string[] = [];
  const say = (what: string, packet: Packet): void => void effects.push(`${what} ${looks(packet, first)}`.trimEnd());
  const run = (list: readonly OdpAction[], start: Packet): Packet => {
    let packet = start;
    for (const action of list) {
      const { name, args = '' } = action;
      switch (name) {
        case 'drop':
          break;
        case 'set':
          packet = readActions(args).reduce(setHeader, packet);
          break;
        case 'push_vlan':
          packet = { ...packet, tags: [`${argument(args, 'vid') ?? 0}/${argument(args, 'pcp') ?? 0}`, ...packet.tags] };
          break;
        case 'pop_vlan':
          packet = { ...packet, tags: packet.tags.slice(1) };
          break;
        case 'clone':
          run(readActions(args), packet);
          break;
        case 'check_pkt_len':
          for (const branch of readActions(args)) {
            if (branch.name !== 'gt' && branch.name !== 'le') continue;
            say(`${branch.name === 'gt' ? 'longer than' : 'at most'} ${argument(args, 'size') ?? ''} {`, packet);
            run(readActions(branch.args ?? ''), packet);
            effects.push('}');
          }
          break;
        case 'ct':
          say(`ct(${ctText(args)})`, packet);
          break;
        case 'recirc':
          say('recirc', packet);
          break;
        case 'userspace':
          say(args.includes('controller(') ? `controller(${controllerText(args)})` : `userspace(${args})`, packet);
          break;
        case 'meter':
          // The datapath numbers them by itself.
          effects.push(name);
          break;
        case 'ct_clear':
        case 'trunc':
        case 'hash':
        case 'sample':
          effects.push(`${name}(${args})`);
          break;
        default:
          say(`output ${name}${action.args === undefined ? '' : `(${args})`}${packet.tunnel === undefined ? '' : ` by ${packet.tunnel}`}`, packet);
          break;
      }
    }
    return packet;
  };
  run(readActions(actions), first);
  return effects;
}
