/*
 * Commands that people run out of habit, whose output leaves out what a walk needs or is made for eyes alone, and the command that says the same in full.
 */

/** What to ask instead of `route`, `arp` and other tools of net-tools and bridge-utils. */
const OLD_TOOLS: Readonly<Record<string, string>> = {
  route: 'ip route show table all',
  arp: 'ip neigh show',
  ifconfig: 'ip -d addr show',
  iptunnel: 'ip -d link show',
  vconfig: 'ip -d link show',
};

/** Objects of `ip` with the listing of them that is read, by the least that their name can be cut to. */
const IP_LISTINGS: readonly (readonly [name: string, least: number, command: string])[] = [
  ['link', 1, 'ip -d link show'],
  ['address', 1, 'ip -d addr show'],
  ['rule', 2, 'ip rule show'],
  ['route', 1, 'ip route show table all'],
  ['neighbour', 1, 'ip neigh show'],
  ['neighbor', 1, 'ip neigh show'],
  ['nexthop', 3, 'ip nexthop show'],
  ['tunnel', 1, 'ip -d link show'],
];

/** The command to run in place of one whose output is not read; undefined where none says the same. `words`: as commandKind() gives them. */
export function otherCommand([name = '', ...args]: readonly string[]): string | undefined {
  const has = (pattern: RegExp): boolean => args.some((a) => pattern.test(a));
  if (Object.hasOwn(OLD_TOOLS, name)) return OLD_TOOLS[name];
  switch (name) {
    case 'iptables':
    case 'iptables-legacy':
    case 'iptables-nft':
      return has(/^-[a-zA-Z]*L|^--list$/) ? `${name}-save` : undefined;
    case 'ipvsadm':
      return has(/^-[a-zA-Z]*[lL]|^--list$/) ? 'ipvsadm -Sn' : undefined;
    case 'netstat':
      return has(/^-[a-zA-Z]*r|^--route$/) ? OLD_TOOLS['route'] : has(/^-[a-zA-Z]*i|^--interfaces$/) ? 'ip -d link show' : 'ss -lntu';
    case 'lsof':
      return 'ss -lntu';
    case 'brctl':
      return has(/^showmacs$/) ? 'bridge fdb show' : has(/^show/) ? 'ip -d link show' : undefined;
    case 'conntrack':
      return has(/^-E$|^--event$/) || (has(/^-L$|^--dump$/) && has(/^(?:xml|save)$/)) ? 'conntrack -L' : undefined;
    case 'kubectl':
    case 'oc':
      return otherObjects(name, args);
    case 'ip':
      return otherListing(args);
    default:
      return undefined;
  }
}

/** `kubectl get pods` and `kubectl describe pod NAME` leave out most of what an object says. */
function otherObjects(name: string, args: readonly string[]): string | undefined {
  const at = args.findIndex((a) => a === 'get' || a === 'describe');
  const kind = at < 0 ? undefined : args.slice(at + 1).find((a) => !a.startsWith('-'));
  return kind === undefined ? undefined : `${name} get ${kind} -A -o yaml`;
}

/** `ip -br addr`, `ip -j route`, `ip route get ADDRESS`; commands that change something are no listings. */
function otherListing(args: readonly string[]): string | undefined {
  const [object, verb] = args.filter((a) => !a.startsWith('-'));
  if (object === undefined || (verb !== undefined && !['show', 'list', 'lst', 'ls', 'l', 's', 'sh', 'get'].includes(verb))) return undefined;
  return IP_LISTINGS.find(([name, least]) => object.length >= least && (name.startsWith(object) || (name === 'address' && object === 'addr')))?.[2];
}

/** First lines of such output, where no prompt tells the command. */
const OUTPUTS: readonly (readonly [RegExp, string])[] = [
  [/^Chain \S+ \((?:policy \S+|\d+ references)/, 'iptables-save'],
  [/^Kernel IP routing table|^Destination\s+Gateway\s+Genmask/, 'ip route show table all'],
  [/^Address\s+HWtype\s+HWaddress|^\? \(\S+\) at \S+ \[ether\]/, 'ip neigh show'],
  [/^bridge name\s+bridge id/, 'ip -d link show'],
  [/^port no\s+mac addr\s+is local/, 'bridge fdb show'],
  [/^Active Internet connections/, 'ss -lntu'],
  [/^[\w.@-]{1,15}: flags=\d+<|^[\w.@:-]{1,20}\s+Link encap:|^\S{1,15}\s+(?:UP|DOWN|UNKNOWN)\s+(?:\d+\.\d+\.\d+\.\d+\/\d|[0-9a-f]{1,4}:)/, 'ip -d addr show'],
  [/^NAME\s+(?:READY|TYPE|STATUS|ENDPOINTS|ADDRESSTYPE)\s|^NAMESPACE\s+NAME\s/, 'kubectl get … -A -o yaml'],
];

/** The command whose output to add in place of one that begins with this line; undefined where the line is not known. */
export const otherForOutput = (firstLine: string): string | undefined => OUTPUTS.find(([pattern]) => pattern.test(firstLine))?.[1];
