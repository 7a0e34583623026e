import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Because } from '../because.ts';
import { derivedHex } from '../derived.ts';
import type { NamespaceModel } from '../model.ts';
import { becauseOf, field, type KubeDocument, labelsOf, textOf, textsOf } from '../objects/document.ts';
import { Fields } from '../objects/values.ts';

/** A namespace's number in the tunnels and registers. */
export interface NetNamespace {
  readonly name: string;
  readonly vnid: number;
  readonly egressIps: readonly string[];
  readonly multicast: boolean;
  readonly because: Because;
}

const MAX_VNID = 0xffffff;
const MULTICAST = 'netnamespace.network.openshift.io/multicast-enabled';

/**
 * The NetNamespaces, and one for each namespace that has none: number 0 for `default`, for others one that stands in for the random one
 * of allocateNetID() (pkg/network/master/vnids.go).
 */
export function netNamespacesOf(documents: readonly KubeDocument[], namespaces: readonly NamespaceModel[], mode: 'multitenant' | 'networkpolicy', found: DiagnosticList): ReadonlyMap<string, NetNamespace> {
  const known = new Map<string, NetNamespace>();
  const owners = new Map<number, string>();
  const given = new Set<string>();
  for (const document of documents) {
    const fields = new Fields(document, found);
    const name = textOf(fields.get('netname')) ?? document.name;
    const vnid = fields.int(['netid'], fields.get('netid'), 0, MAX_VNID);
    given.add(name);
    if (vnid === undefined) continue;
    // Only projects of mode multitenant may share a number (findDuplicateNetID(), pkg/network/node/vnids.go).
    const owner = owners.get(vnid);
    if (mode === 'networkpolicy' && owner !== undefined && owner !== name) {
      fields.bad(['netid'], vnid, `${owner} has it`);
      continue;
    }
    owners.set(vnid, name);
    known.set(name, { name, vnid, egressIps: textsOf(fields.get('egressIPs')), multicast: labelsOf(field(document.value, 'metadata', 'annotations'))[MULTICAST] === 'true', because: becauseOf(document) });
  }
  for (const { name, because } of namespaces) {
    if (given.has(name)) continue;
    const vnid = name === 'default' ? 0 : unused(name, owners);
    owners.set(vnid, name);
    known.set(name, { name, vnid, egressIps: [], multicast: false, because });
  }
  return known;
}

/** A number that no namespace has, the same for the same name; the first ten are reserved (MinVNID). */
function unused(name: string, owners: ReadonlyMap<number, string>): number {
  let vnid = 10 + (Number.parseInt(derivedHex(6, 'NetNamespace', name), 16) % (MAX_VNID - 9));
  while (owners.has(vnid)) vnid = vnid === MAX_VNID ? 10 : vnid + 1;
  return vnid;
}
