import { inPrefix } from '../../packet/address.ts';
import type { IpSet, SetMember, SetPart } from '../../world/ipset.ts';
import type { Dim } from './index.ts';

/** How many members are compared; in a larger set only the neighbours of the wanted address are. */
const WINDOW = 256;

const sorted = new WeakMap<IpSet, readonly SetMember[]>();
const firstIp = (member: SetMember): number => member.parts.find((p) => p.kind === 'net')?.net.ip ?? 0;

/** The member that agrees in most dimensions, and then in most leading bits: what a person would have meant. */
export function nearest(set: IpSet, wanted: readonly Dim[]): SetMember | undefined {
  let best: SetMember | undefined;
  let bestScore = 0;
  for (const member of around(set, wanted)) {
    let score = 0;
    for (const [i, w] of wanted.entries()) {
      const part = member.parts[i];
      if (part === undefined) continue;
      if (agrees(part, w)) score += 33;
      else if (part.kind === 'net') score += Math.clz32((w.num ^ part.net.ip) >>> 0);
    }
    if (score > bestScore) {
      best = member;
      bestScore = score;
    }
  }
  return best;
}

function agrees(part: SetPart, { tag, num }: Dim): boolean {
  switch (part.kind) {
    case 'net':
      return inPrefix(num, part.net.ip, part.net.prefixLen);
    case 'port':
      return (part.proto === undefined ? '' : `${part.proto}:`) === tag && num >= part.ports.from && num <= part.ports.to;
    case 'iface':
      return part.dev === tag;
    case 'mac':
      return part.mac === tag;
    case 'mark':
      return String(part.value) === tag;
    default:
      return false;
  }
}

/** All members of a small set; of a large one those whose first address is next to the wanted one. */
function around(set: IpSet, wanted: readonly Dim[]): readonly SetMember[] {
  if (set.members.length <= WINDOW) return set.members;
  let members = sorted.get(set);
  if (!members) sorted.set(set, (members = set.members.toSorted((a, b) => firstIp(a) - firstIp(b))));
  const ip = wanted.find((d) => d.width === 32)?.num ?? 0;
  let [low, high] = [0, members.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (firstIp(members[middle] as SetMember) < ip) low = middle + 1;
    else high = middle;
  }
  return members.slice(Math.max(0, low - WINDOW / 2), low + WINDOW / 2);
}
