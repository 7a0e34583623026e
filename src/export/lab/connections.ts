import { formatIp4, type Ip4 } from '../../packet/address.ts';
import type { CtListedTuple, CtListing } from '../../world/conntrack.ts';
import type { Netns } from '../../world/world.ts';

const PROTOS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 132: 'sctp', 136: 'udplite' };

const end = (ip: Ip4, port: number | undefined): string => (port === undefined ? formatIp4(ip) : `${formatIp4(ip)}:${port}`);

/** `--orig-port-src …` of the original direction, or the ICMP message. */
const keys = ({ sport, dport, icmp }: CtListedTuple): readonly string[] =>
  icmp ? ['--icmp-type', String(icmp.type), '--icmp-code', String(icmp.code), '--icmp-id', String(icmp.id)] : sport === undefined || dport === undefined ? [] : ['--sport', String(sport), '--dport', String(dport)];

/**
 * The command that puts an entry in place. The kernel makes the reply's tuple from what NAT it is told; where nat listens an entry without NAT is told
 * to map its source to itself, else its next packet would ask the rules (ctnetlink_setup_nat(), nf_conntrack_netlink.c).
 */
export function conntrackLine(e: CtListing, netns: Netns): string {
  const { orig, reply } = e;
  const natted = netns.tables?.some((t) => t.name === 'nat') === true;
  const src = reply.dst !== orig.src || (reply.dport !== orig.sport && !orig.icmp);
  const dst = reply.src !== orig.dst || (reply.sport !== orig.dport && !orig.icmp);
  const status = [...(e.seenReply ? ['SEEN_REPLY'] : []), ...(e.assured ? ['ASSURED'] : [])];
  const words = [
    'conntrack -I',
    `-p ${PROTOS[e.proto] ?? e.proto} -s ${formatIp4(orig.src)} -d ${formatIp4(orig.dst)}`,
    ...keys(orig),
    ...(e.state === undefined ? [] : [`--state ${e.state}`]),
    ...(e.proto === 132 ? ['--orig-vtag 1 --reply-vtag 2'] : []),
    `-t ${Math.max(e.timeout ?? 0, 300)} -u ${status.length === 0 ? 'UNSET' : status.join(',')} -m ${e.mark}`,
    ...(e.zone === 0 ? [] : [`-w ${e.zone}`]),
    ...(orig.zone === undefined ? [] : [`--orig-zone ${orig.zone}`]),
    ...(reply.zone === undefined ? [] : [`--reply-zone ${reply.zone}`]),
    ...(src ? [`-n ${end(reply.dst, reply.dport)}`] : natted && !dst ? [`-n ${formatIp4(orig.src)}`] : []),
    ...(dst ? [`-g ${end(reply.src, reply.sport)}`] : []),
    '>/dev/null 2>&1',
  ];
  return words.join(' ');
}

/**
 * Entries in an order in which the kernel takes them: it changes the destination first, and what an entry then looks like must not be
 * the tuple of one that is there already, even if the change of its source takes it out of the way (get_unique_tuple()).
 */
export function insertionOrder(entries: readonly CtListing[]): readonly CtListing[] {
  const halfway = (e: CtListing): string => replyKey(e, e.orig.src, e.orig.icmp ? undefined : e.orig.sport);
  const key = (e: CtListing): string => replyKey(e, e.reply.dst, e.reply.dport);
  const hurried = entries.filter((e) => halfway(e) !== key(e) && entries.some((o) => key(o) === halfway(e)));
  return [...hurried, ...entries.filter((e) => !hurried.includes(e))];
}

const replyKey = ({ proto, zone, reply }: CtListing, dst: Ip4, dport: number | undefined): string => [proto, zone, reply.zone, reply.src, reply.sport ?? reply.icmp?.id, dst, dport].join(' ');
