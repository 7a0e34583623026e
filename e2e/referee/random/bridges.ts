import type { LanSpec } from '../bridgeTopology.ts';
import { LAN_MAC, vlanLines } from '../bridgeTopology.ts';
import type { BridgeDraft } from './draft.ts';
import type { Rng } from './rng.ts';

const PODS = ['a', 'b', 'c'] as const;

/** What is particular about a bridge of three pods: entries that are wrong or missing, switches of ports, VLANs where the kernel has them. */
export function drawBridge(rng: Rng, lacks: (need: string) => boolean): readonly BridgeDraft[] {
  const drawn: BridgeDraft[] = [];
  for (const pod of PODS) {
    if (rng.chance(0.25)) drawn.push({ kind: 'fdb', pod, text: rng.chance(0.6) ? '' : rng.pick(PODS.filter((p) => p !== pod)), covers: ['bridge:fdb'] });
    if (rng.chance(0.25)) {
      const words = rng.pick(['hairpin on', 'isolated on', 'learning off', 'flood off', 'locked on', 'bcast_flood off']);
      drawn.push({ kind: 'port', pod, text: words, covers: [`bridge:${words.split(' ')[0] ?? ''}`] });
    }
  }
  if (!lacks('bridge_vlan') && rng.chance(0.4)) {
    for (const pod of [...PODS, 'br0'] as const) {
      if (rng.chance(0.4)) drawn.push({ kind: 'vlan', pod, text: rng.pick(['10 PVID Egress Untagged', '10 PVID Egress Untagged', '1 PVID', '1 Egress Untagged', '10']), covers: ['bridge:vlan'], kernel: 'bridge_vlan' });
    }
  }
  return drawn;
}

/** The parts of a `lan()` that the draft decides. */
export function bridgeSpec(drafts: readonly BridgeDraft[]): Pick<LanSpec, 'a' | 'b' | 'c' | 'bridge' | 'vlans'> & { readonly fdb: readonly string[] } {
  const of = (kind: BridgeDraft['kind'], pod: BridgeDraft['pod']): string | undefined => drafts.find((d) => d.kind === kind && d.pod === pod)?.text;
  const port = (pod: (typeof PODS)[number]): { readonly port?: string } => {
    const words = of('port', pod);
    return words === undefined ? {} : { port: words };
  };
  const filtered = drafts.some((d) => d.kind === 'vlan');
  // An entry without a VLAN is one for each VLAN where they are filtered: there nothing is known beforehand.
  const fdb = (filtered ? [] : PODS).flatMap((pod) => {
    const at = of('fdb', pod) ?? pod;
    return at === '' ? [] : [`${LAN_MAC[pod]} dev v${at} master br0 static`];
  });
  const vlans = filtered ? { bridge: 'vlan_filtering 1', vlans: [...vlanLines('br0', of('vlan', 'br0') ?? VLAN_1), ...PODS.flatMap((p) => vlanLines(`v${p}`, of('vlan', p) ?? VLAN_1))] } : {};
  return { a: port('a'), b: port('b'), c: port('c'), fdb, ...vlans };
}

const VLAN_1 = '1 PVID Egress Untagged';
