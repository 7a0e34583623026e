import type { Link } from '../../world/world.ts';
import { bridgeType } from './bridges.ts';
import type { Notes } from './lab.ts';
import { tunnelType } from './tunnels.ts';

/** Lines for `ip -batch` that make a device which is no end of a cable; none for what a namespace has from the start. */
export function linkLines(link: Link, notes: Notes, where: string): readonly string[] {
  const type = typeOf(link, notes);
  if (type === undefined) {
    notes.cannot.push(`${where}device ${link.name} (${link.kindText === '' ? link.kind : link.kindText})`);
    return [];
  }
  return type === '' ? [] : [`link add ${link.lower ? `link ${link.lower.dev} ` : ''}name ${link.name} type ${type}`];
}

/** What stands behind `type`; '' for a device that is there already. */
function typeOf(link: Link, notes: Notes): string | undefined {
  switch (link.kind) {
    case 'loopback':
      return '';
    // The machine's own half of a port that the switch made: its addresses and routes, but no bridge behind it.
    case 'openvswitch':
    case 'dummy':
      notes.modules.add('dummy');
      return 'dummy';
    case 'ipip':
    case 'gre':
    case 'gretap':
    case 'vxlan':
    case 'geneve':
      return link.tunnel && link.linkNetnsid === undefined ? tunnelType(link.tunnel, notes) : undefined;
    case 'bridge':
      return bridgeType(link);
    case 'vlan':
      notes.modules.add('8021q');
      return link.lower && link.vlan ? `vlan protocol ${link.vlan.protocol} id ${link.vlan.id}` : undefined;
    case 'macvlan':
      return link.lower && `macvlan mode ${link.macvlan ?? 'vepa'}`;
    default:
      return undefined;
  }
}
