import { formatIp4 } from '../../packet/address.ts';
import type { Link } from '../../world/world.ts';
import type { Notes } from './lab.ts';

/** Lines for `ip -batch` that make a device which is no end of a cable; none for what a namespace has from the start. */
export function linkLines(link: Link, notes: Notes, where: string): readonly string[] {
  const type = typeOf(link, notes);
  if (type === undefined) {
    notes.cannot.push(`${where}device ${link.name} (${link.kindText === '' ? link.kind : link.kindText})`);
    return [];
  }
  return type === '' ? [] : [`link add name ${link.name} type ${type}`];
}

/** What stands behind `type`; '' for a device that is there already. */
function typeOf(link: Link, notes: Notes): string | undefined {
  switch (link.kind) {
    case 'loopback':
      return '';
    case 'dummy':
      notes.modules.add('dummy');
      return 'dummy';
    case 'ipip': {
      notes.modules.add('ipip');
      const { tunnel } = link;
      const end = (ip: number | undefined): string => (ip === undefined ? 'any' : formatIp4(ip));
      return `ipip local ${end(tunnel?.local)} remote ${end(tunnel?.remote)} ttl ${tunnel?.ttl ?? 'inherit'} tos ${tunnel?.tos ?? 'inherit'} ${tunnel?.pmtudisc ? 'pmtudisc' : 'nopmtudisc'}`;
    }
    default:
      return undefined;
  }
}
