import type { DiagnosticList } from '../dumps/diagnostic.ts';
import type { Component, NodeContext } from './component.ts';
import { HostDraft } from './draft/host.ts';
import type { FindDevice } from './draft/netns.ts';
import { machinesOf } from './machines.ts';
import type { ClusterModel } from './model.ts';
import { type Factory, NETWORKS, OTHERS, PROGRAMS } from './components.ts';
import { plainNetwork } from './plain.ts';
import { runCommands } from './run.ts';

/** A compiled machine. */
export interface CompiledHost {
  readonly name: string;
  readonly draft: HostDraft;
  /** Fills the firewalls of the draft, once; what a walk does not enter is never programmed. */
  readonly program: () => void;
}

export interface CompiledCluster {
  readonly hosts: readonly CompiledHost[];
  readonly find: (host: string) => FindDevice;
}

/**
 * Sets the cluster up: the machines, then on each node its programs in the order in which they start, then what is around the nodes,
 * then the commands that a Fabric says were typed. Firewalls are programmed on demand, node by node.
 */
export function compileCluster(cluster: ClusterModel, found: DiagnosticList): CompiledCluster {
  const present = (factories: readonly Factory[]): readonly Component[] => factories.flatMap((factory) => factory(cluster, found) ?? []);
  const networks = present(NETWORKS);
  const components = [machinesOf(cluster), ...present(PROGRAMS), ...(networks.length > 0 ? networks : [plainNetwork]), ...present(OTHERS)];
  const drafts = new Map<string, HostDraft>();
  const host = (name: string): HostDraft => {
    const draft = drafts.get(name) ?? new HostDraft(name);
    drafts.set(name, draft);
    return draft;
  };
  const contexts = new Map(cluster.nodes.map((node): [string, NodeContext] => [node.name, { cluster, node, host: host(node.name), found }]));
  for (const context of contexts.values()) for (const { wire } of components) wire?.(context);
  for (const { surround } of components) surround?.({ cluster, found, host });
  for (const machine of machinesIn(cluster)) runCommands(host(machine.name), machine, 'wiring', found);
  return {
    hosts: [...drafts.values()].map((draft) => {
      let programmed = false;
      return {
        name: draft.name,
        draft,
        program: () => {
          if (programmed) return;
          programmed = true;
          const context = contexts.get(draft.name);
          if (context) for (const { program } of components) program?.(context);
          for (const machine of machinesIn(cluster)) if (machine.name === draft.name) runCommands(draft, machine, 'firewall', found);
        },
      };
    }),
    find: (from) => (place) => drafts.get(place.host ?? from)?.netns(place.netns).ifindex(place.dev),
  };
}

const machinesIn = ({ fabric }: ClusterModel): ClusterModel['fabric']['nodes'] => [...fabric.nodes, ...fabric.routers, ...fabric.clients];
