import type { HostDraft } from '../cluster/draft/host.ts';
import type { FindDevice } from '../cluster/draft/netns.ts';
import type { Bundle } from '../dumps/bundle.ts';

/** What the machines' commands would print, as files of a bundle. */
export function filesOf(hosts: readonly HostDraft[]): Bundle {
  const files: Record<string, string> = {};
  for (const host of hosts) {
    const find: FindDevice = (place) => hosts.find((h) => h.name === (place.host ?? host.name))?.netns(place.netns).ifindex(place.dev);
    for (const netns of host.all) files[`${host.name}/${netns.name === null ? '' : `netns/${netns.name}/`}node.txt`] = netns.printWiring(find).text + netns.printFirewall().text;
  }
  return files;
}
