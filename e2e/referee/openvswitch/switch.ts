import { BED, bedCommand } from './bed.ts';
import type { OvsCase, OvsPacket } from './case.ts';
import type { Reply } from './control.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import { type RealPass, readTrace } from './traceText.ts';
import type { BridgeDump } from './world.ts';

/** A switch with the bed's bridges, on which one case after the other is tried. */
export interface Switch {
  readonly sandbox: Sandbox;
  /** Puts a case's rules in place of the last one's; undefined, or what the switch said against them. */
  load(test: OvsCase): Promise<string | undefined>;
  trace(packet: OvsPacket): Promise<Traced>;
  /** What its tools print about the bridges that the case is about. */
  dumps(version?: string): ReadonlyMap<string, BridgeDump>;
  stop(): Promise<void>;
}

export interface Traced {
  /** Why there is no trace. */
  readonly refused: string | undefined;
  readonly passes: readonly RealPass[];
  readonly text: string;
}

/** Rules are put in by the first of these that takes them; OpenFlow 1.0 last, for it loses action sets without a word. */
const VERSIONS = ['OpenFlow15', 'OpenFlow13', 'OpenFlow10'] as const;
/** A cookie for each rule without one, so that no two rules of a case look the same. */
const FIRST_COOKIE = 0x100;

const lines = (list: readonly string[]): string => list.map((l) => `${l}\n`).join('');

/** The flows of a bridge with a cookie each. */
export function withCookies(flows: readonly string[], first = FIRST_COOKIE): readonly string[] {
  return flows.map((f, i) => (/(?:^|,|\s)cookie=/.test(f.split('actions=')[0] ?? '') ? f : `cookie=0x${(first + i).toString(16)},${f}`));
}

const said = (reply: Reply, what: string): void => {
  if (!reply.ok) throw new Error(`${what}: ${reply.text}`);
};

/** The arguments of `ofproto/trace` for a packet. */
export const traceArguments = ({ bridge = 'br0', flow, ctNext = [], generate }: OvsPacket): readonly string[] => [bridge, flow, '--names', ...ctNext.flatMap((s) => ['--ct-next', s]), ...(generate ? ['-generate'] : [])];

export async function traceOn(sandbox: Sandbox, packet: OvsPacket): Promise<Traced> {
  const { ok, text } = await sandbox.ask('ofproto/trace', ...traceArguments(packet));
  return ok ? { refused: undefined, passes: readTrace(text), text } : { refused: text.trim(), passes: [], text };
}

export async function startSwitch(): Promise<Switch> {
  const sandbox = await startSandbox();
  said(sandbox.vsctl(...bedCommand()), 'the bed');
  // A node's kernel has tunnel devices; only the user-space datapath pushes headers itself.
  said(await sandbox.ask('dpif/set-dp-features', 'br0', 'tnl_push_pop', 'false'), 'tnl_push_pop');
  const ofctl = (version: string, command: string, bridge: string, input?: readonly string[]): Reply => sandbox.ofctl(['-O', version, command, bridge, ...(input ? ['-'] : [])], input && lines(input));
  /** Bridges that hold something. */
  let used = new Set<string>();
  let groupsAt = new Set<string>();
  let tlvsAt = new Set<string>();
  let fragsAt = new Set<string>();
  const added = new Map<string, readonly string[]>();
  let current: OvsCase | undefined;
  for (const { name } of BED) {
    said(ofctl('OpenFlow15', 'del-flows', name), 'del-flows');
    said(sandbox.ofctl(['-O', 'OpenFlow15', 'add-meter', name, 'meter=1,kbps,band=type=drop,rate=1000']), 'add-meter');
  }

  const loadBridge = async (test: OvsCase, bridge: string, first: number): Promise<string | undefined> => {
    const groups = test.groups?.[bridge] ?? [];
    const tlvs = test.tlvs?.[bridge] ?? [];
    const frags = test.frags ?? 'normal';
    if (groupsAt.delete(bridge) || tlvsAt.delete(bridge) || groups.length > 0 || tlvs.length > 0) {
      said(ofctl('OpenFlow15', 'del-flows', bridge), 'del-flows');
      said(ofctl('OpenFlow15', 'del-groups', bridge), 'del-groups');
      said(ofctl('OpenFlow15', 'del-tlv-map', bridge), 'del-tlv-map');
    }
    if (frags !== 'normal' || fragsAt.delete(bridge)) {
      said(sandbox.ofctl(['-O', 'OpenFlow15', 'set-frags', bridge, frags]), 'set-frags');
      if (frags !== 'normal') fragsAt.add(bridge);
    }
    if (tlvs.length > 0) {
      tlvsAt.add(bridge);
      const added = sandbox.ofctl(['-O', 'OpenFlow15', 'add-tlv-map', bridge, tlvs.join(',')]);
      if (!added.ok) return added.text;
    }
    if (groups.length > 0) {
      groupsAt.add(bridge);
      const added = ofctl('OpenFlow15', 'add-groups', bridge, groups);
      if (!added.ok) return added.text;
    }
    const flows = withCookies(test.flows[bridge] ?? [], first);
    let refused = '';
    for (const version of VERSIONS) {
      const added = ofctl(version, 'add-flows', bridge, ['delete', ...flows]);
      if (added.ok) return undefined;
      refused ||= added.text;
    }
    return refused;
  };

  return {
    sandbox,
    load: async (test) => {
      const taught = current?.packets.some((p) => p.generate === true) === true;
      const now = new Set([...Object.keys(test.flows), ...Object.keys(test.groups ?? {}), ...test.packets.map((p) => p.bridge ?? 'br0')]);
      let refused: string | undefined;
      current = test;
      let first = FIRST_COOKIE;
      for (const bridge of new Set([...now, ...used])) {
        refused ??= await loadBridge(test, bridge, first);
        first += 0x1000;
        // NORMAL has learned from packets that were really made; a flush leaves the entries that were added.
        if (taught) said(await sandbox.ask('fdb/flush', bridge), 'fdb/flush');
        for (const mac of added.get(bridge) ?? []) await sandbox.ask('fdb/del', bridge, ...mac.split(' ').slice(1));
        added.set(bridge, test.macs?.[bridge] ?? []);
        for (const mac of test.macs?.[bridge] ?? []) {
          const [port = '', vlan = '', address = ''] = mac.split(' ');
          const taken = await sandbox.ask('fdb/add', bridge, port, vlan, address);
          if (!taken.ok) refused ??= taken.text;
        }
      }
      used = now;
      return refused;
    },
    trace: async (packet) => await traceOn(sandbox, packet),
    dumps: (version) =>
      new Map(
        [...used].map((bridge) => [
          bridge,
          {
            flows: ofctl(version ?? 'OpenFlow15', 'dump-flows', bridge).text,
            groups: groupsAt.has(bridge) ? ofctl('OpenFlow15', 'dump-groups', bridge).text : '',
            tlvs: tlvsAt.has(bridge) ? ofctl('OpenFlow15', 'dump-tlv-map', bridge).text : '',
            frags: current?.frags ?? 'normal',
            macs: current?.macs?.[bridge] ?? [],
          },
        ]),
      ),
    stop: async () => await sandbox.stop(),
  };
}
