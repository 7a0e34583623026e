import { formatIp4 } from '../../packet/address.ts';
import type { ClusterModel } from '../model.ts';
import { field, type KubeDocument, textOf } from '../objects/document.ts';
import type { CalicoNode } from './nodes.ts';
import { parseSelector } from './selector.ts';
import { calicoObjects } from './settings.ts';

/** BIRD's sessions between the nodes: who has learnt whose routes. */
export interface BgpTopology {
  /** Whether routes that `origin` announces have come to `at`. */
  readonly reaches: (origin: string, at: string) => boolean;
  /** Nodes that have a session with the outside address, or with any that the mesh does not rule out when no BGPPeer names it. */
  readonly peersOf: (address: string) => readonly string[];
}

interface Session {
  readonly to: string;
  /** iBGP: a route is passed on only by reflectors. */
  readonly internal: boolean;
  /** The other end is a client of this reflector. */
  readonly client: boolean;
}

/**
 * Sessions as confd writes them into BIRD's configuration (confd, bird.cfg.template and pkg/backends/calico/client.go): the mesh of all
 * nodes that are no route reflectors, and what BGPPeer objects add. A reflector's peers without its cluster id are its clients
 * (`rr client`). Routes then spread by the rules of BGP (RFC 4456 §6).
 */
export function bgpTopology(cluster: ClusterModel, nodes: readonly CalicoNode[]): BgpTopology {
  const configurations = calicoObjects(cluster, 'BGPConfiguration');
  const spec = field(configurations.find((d) => d.name === 'default')?.value, 'spec');
  const mesh = field(spec, 'nodeToNodeMeshEnabled') !== false;
  const asNumber = Number(field(spec, 'asNumber') ?? 64_512);
  const asOf = (node: CalicoNode): number => node.asNumber ?? asNumber;
  const sessions = new Map<string, Map<string, Session>>(nodes.map((n) => [n.name, new Map<string, Session>()]));
  const connect = (from: CalicoNode, to: CalicoNode): void => {
    for (const [a, b] of [[from, to], [to, from]] as const) {
      const client = a.routeReflector !== undefined && b.routeReflector !== a.routeReflector;
      sessions.get(a.name)?.set(b.name, { to: b.name, internal: asOf(a) === asOf(b), client });
    }
  };
  const plain = nodes.filter((n) => n.routeReflector === undefined);
  if (mesh) for (const [i, a] of plain.entries()) for (const b of plain.slice(i + 1)) connect(a, b);
  const outside = new Map<string, Set<string>>();
  for (const document of calicoObjects(cluster, 'BGPPeer')) {
    for (const from of peering(document, nodes)) {
      for (const to of otherEnds(document, nodes)) if (to.name !== from.name) connect(from, to);
      const address = textOf(field(document.value, 'spec', 'peerIP'))?.replace(/:\d+$/, '');
      if (address !== undefined) outside.set(address, (outside.get(address) ?? new Set()).add(from.name));
    }
  }
  const reached = new Map<string, ReadonlySet<string>>();
  return {
    reaches: (origin, at) => {
      let all = reached.get(origin);
      if (!all) {
        all = spread(origin, sessions);
        reached.set(origin, all);
      }
      return all.has(at);
    },
    peersOf: (address) => [...(outside.get(address) ?? [])],
  };
}

/** The nodes that an object of kind BGPPeer configures: the one it names, those its selector takes, or all. */
function peering(document: KubeDocument, nodes: readonly CalicoNode[]): readonly CalicoNode[] {
  const node = textOf(field(document.value, 'spec', 'node'));
  if (node !== undefined) return nodes.filter((n) => n.name === node);
  const selector = textOf(field(document.value, 'spec', 'nodeSelector'));
  return selector === undefined ? nodes : selected(selector, nodes);
}

function otherEnds(document: KubeDocument, nodes: readonly CalicoNode[]): readonly CalicoNode[] {
  const selector = textOf(field(document.value, 'spec', 'peerSelector'));
  if (selector !== undefined) return selected(selector, nodes);
  const address = textOf(field(document.value, 'spec', 'peerIP'))?.replace(/:\d+$/, '');
  return nodes.filter((n) => formatIp4(n.ip) === address);
}

const selected = (selector: string, nodes: readonly CalicoNode[]): readonly CalicoNode[] => nodes.filter((n) => parseSelector(selector)?.matches(n.node.labels) ?? false);

/** Everybody to whom a node's own routes come: each passes on what it may. A node tells all what is its own or came from outside its AS, what came from a client too; the rest only its clients. */
function spread(origin: string, sessions: ReadonlyMap<string, ReadonlyMap<string, Session>>): ReadonlySet<string> {
  const reached = new Set([origin]);
  /** Who may still learn more by hearing it again: from whom a node has it decides to whom it passes it on. */
  const told = new Set<string>();
  const queue: { readonly at: string; readonly toAll: boolean }[] = [{ at: origin, toAll: true }];
  for (let next = queue.shift(); next; next = queue.shift()) {
    for (const session of sessions.get(next.at)?.values() ?? []) {
      if (!next.toAll && session.internal && !session.client) continue;
      const back = sessions.get(session.to)?.get(next.at);
      const toAll = !session.internal || (back?.client ?? false);
      const key = `${session.to} ${toAll ? 'all' : 'clients'}`;
      if (told.has(key)) continue;
      told.add(key);
      reached.add(session.to);
      queue.push({ at: session.to, toAll });
    }
  }
  return reached;
}
