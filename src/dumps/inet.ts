import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { Address, AddressScope } from '../world/world.ts';
import { parsePrefix } from './words.ts';

const SCOPES: ReadonlySet<string> = new Set<AddressScope>(['global', 'site', 'link', 'host']);

/**
 * One `inet` line of `ip addr` (print_addrinfo(), iproute2 ip/ipaddress.c) by its words, `inet` first. Undefined when the
 * address cannot be read. A scope with a number (rt_scopes) counts as global, as everything below `link` does for sources.
 */
export function parseInet(words: readonly string[], source: SourceRef): Address | undefined {
  let peerText: string | undefined;
  let broadcast: Address['broadcast'];
  let scope: AddressScope = 'global';
  const rest: string[] = [];
  for (let i = 2; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'peer') peerText = words[++i];
    else if (word === 'brd') broadcast = parseIp4(words[++i] ?? '');
    else if (word === 'scope') {
      const text = words[++i] ?? '';
      scope = SCOPES.has(text) ? (text as AddressScope) : 'global';
      if (!SCOPES.has(text)) rest.push(`scope-${text}`);
    } else if (word === 'metric') rest.push(`metric ${words[++i] ?? ''}`);
    else rest.push(word);
  }
  const own = parsePrefix(words[1]);
  const peer = peerText === undefined ? undefined : parsePrefix(peerText);
  if (!own || (peerText !== undefined && !peer)) return undefined;
  return {
    ip: own.ip,
    prefixLen: peer ? peer.prefixLen : own.prefixLen,
    broadcast,
    peer: peer?.ip,
    scope,
    secondary: rest.includes('secondary'),
    source,
    extra: { words: rest.filter((w) => w !== 'secondary'), lifetime: undefined },
  };
}

/** The two lines of an address: `inet …` and its lifetimes. `dev` is the label of an address that has none of its own. */
export function printInet(address: Address, dev: string): readonly string[] {
  const { extra } = address;
  const metric = extra?.words.find((w) => w.startsWith('metric '));
  const oddScope = extra?.words.find((w) => w.startsWith('scope-'));
  const words = [
    'inet',
    address.peer === undefined ? `${formatIp4(address.ip)}/${address.prefixLen}` : `${formatIp4(address.ip)} peer ${formatIp4(address.peer)}/${address.prefixLen}`,
    ...(metric === undefined ? [] : [metric]),
    ...(address.broadcast === undefined ? [] : ['brd', formatIp4(address.broadcast)]),
    'scope',
    oddScope?.slice('scope-'.length) ?? address.scope,
    ...(address.secondary ? ['secondary'] : []),
    ...(extra ? extra.words.filter((w) => w !== metric && w !== oddScope) : [dev]),
  ];
  return [`    ${words.join(' ')}`, `       ${extra?.lifetime ?? 'valid_lft forever preferred_lft forever'}`];
}
