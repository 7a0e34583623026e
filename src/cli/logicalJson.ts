import { type LogicalEffect, type LogicalHop, logicalPath, type LogicalPort, type LogicalStage } from '../engine/ovn/logicalPath.ts';
import type { Endpoint } from '../engine/step.ts';
import type { Trace } from '../engine/trace-types.ts';
import { formatIp4 } from '../packet/address.ts';
import type { World } from '../world/world.ts';

/** A walk through OVN's logical network as HEADLESS.md describes it: `logical`, only where the packet met it. */
export function logicalJson(trace: Trace, world: World | undefined) {
  const ways = world ? logicalPath(world, trace) : [];
  return ways.length === 0 ? {} : { logical: ways.map(({ role, connection, hops }) => ({ packet: role, connection, hops: hops.map(hopJson) })) };
}

const portJson = (port: LogicalPort | undefined) => (port ? { key: port.key, name: port.name ?? null } : null);

const hopJson = ({ host, bridge, key, datapath, inport, outport, continued, effects, end, stages }: LogicalHop) => ({
  host,
  bridge,
  datapath: { key, kind: datapath?.kind ?? null, name: datapath?.name ?? null },
  inport: portJson(inport),
  outport: portJson(outport),
  continued,
  effects: effects.map(effectJson),
  end: end.kind === 'controller' ? { kind: end.kind, what: end.what ?? null } : end,
  stages: stages.map(stageJson),
});

const endpointJson = ({ ip, port }: Endpoint) => ({ ip: formatIp4(ip), ...(port === undefined ? {} : { port }) });

function effectJson(effect: LogicalEffect) {
  switch (effect.kind) {
    case 'ttl':
      return { kind: effect.kind, before: effect.before, after: effect.after };
    case 'nat':
      return { kind: effect.kind, manip: effect.manip, before: endpointJson(effect.before), after: endpointJson(effect.after), zone: effect.zone, undo: effect.undo };
    case 'balance':
      return { kind: effect.kind, group: effect.group, bucket: effect.bucket };
  }
}

/** `flow`: the logical flow, where a listing has it, and how it was found. */
const stageJson = ({ pipeline, table, name, flow }: LogicalStage) => ({
  pipeline,
  table,
  name: name ?? null,
  flow: flow ? { by: flow.by, priority: flow.flow.priority, match: flow.flow.match, actions: flow.flow.actions, uuid: flow.flow.uuid ?? null } : null,
});
