import { formatIp4 } from '../packet/address.ts';
import { ownersOf } from '../world/lookup.ts';
import { actorName, nameOf } from './names.ts';
import { innerIp } from './tales/facts.ts';
import type { Telling } from './telling.ts';
import { verdictPieces } from './verdict.ts';

/** What a question about a walk asks for (scenarios/scenario.ts). */
export type AnswerKind = 'client' | 'server' | 'end';

type Asking = Pick<Telling, 'trace' | 'world' | 'lang'>;

/**
 * The answer that a walk gives: `client`: whom the one who got the packet sees, `server`: who got it; where nobody got it, and for
 * `end`, how it ended.
 */
export function answerTo(kind: AnswerKind, asking: Asking): string {
  const end = asking.trace.outcomes[0]?.request;
  const ip = end?.verdict === 'delivered' ? innerIp(end.seen) : undefined;
  if (kind === 'end' || !end || !ip) return verdictPieces(asking, 0).map((p) => p.text).join('');
  const { world, lang } = asking;
  if (kind === 'server') {
    const who = actorName(world, end.host, end.netns, lang);
    const address = formatIp4(ip.dst);
    return who === address ? address : `${who} (${address}${end.netns === null ? '' : `, ${end.host}`})`;
  }
  const [owner] = ownersOf(world, ip.src);
  const dev = owner?.netns.links.find((l) => l.addresses.some((a) => a.ip === ip.src))?.name;
  const name = nameOf(world, ip.src, lang);
  const device = owner && owner.netns.name === null && dev !== undefined && dev !== 'lo' ? `${dev} · ${owner.host.name}` : undefined;
  const said = device ?? name;
  return said === undefined ? formatIp4(ip.src) : `${formatIp4(ip.src)} (${said})`;
}
