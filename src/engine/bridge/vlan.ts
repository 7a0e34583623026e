import type { BridgeVlan } from '../../world/bridge.ts';
import type { Link } from '../../world/world.ts';
import type { Skb } from '../skb.ts';

/** What VLAN filtering says of a frame. `unlisted`: no dump tells the VLANs of the port. */
export type Filtered = { readonly kind: 'pass'; readonly skb: Skb; readonly vid: number } | { readonly kind: 'refused' } | { readonly kind: 'unlisted' };

export const holds = (vlans: readonly BridgeVlan[], vid: number): BridgeVlan | undefined => vlans.find((v) => vid >= v.vid && vid <= v.to);

/**
 * br_allowed_ingress() (net/bridge/br_vlan.c): a frame without a tag belongs to the port's PVID, one with a tag to that VLAN if the port
 * is in it. A bridge that does not filter looks at no tag. `port` is the bridge itself for what it sends.
 */
export function ingress(bridge: Link, port: Link, skb: Skb): Filtered {
  if (!bridge.bridge?.vlanFiltering) return { kind: 'pass', skb, vid: 0 };
  if (port.vlans === undefined) return { kind: 'unlisted' };
  const vid = skb.vid ?? port.vlans.find((v) => v.pvid)?.vid;
  if (vid === undefined || !holds(port.vlans, vid)) return { kind: 'refused' };
  return { kind: 'pass', skb: { ...skb, vid }, vid };
}

/** br_allowed_egress() and br_handle_vlan(): only members get the frame, and those for whom it is so without its tag. */
export function egress(bridge: Link, port: Link, skb: Skb): Filtered {
  if (!bridge.bridge?.vlanFiltering) return { kind: 'pass', skb, vid: 0 };
  if (port.vlans === undefined) return { kind: 'unlisted' };
  const vlan = skb.vid === undefined ? undefined : holds(port.vlans, skb.vid);
  if (!vlan) return { kind: 'refused' };
  return { kind: 'pass', skb: vlan.untagged ? { ...skb, vid: undefined } : skb, vid: skb.vid ?? 0 };
}
