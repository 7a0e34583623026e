import type { NodeModel } from '../model.ts';
import type { Plan } from './plan.ts';
import type { Settings } from './settings.ts';

export interface Mtus {
  readonly ipip: number;
  readonly vxlan: number;
  readonly pods: number;
}

/** Bytes that an outer header takes. */
const IPIP = 20;
const VXLAN = 50;

/** The NICs' smallest MTU; without any that counts Felix takes 1460 (determinePodMTU(), findHostMTU(), felix/dataplane/linux/int_dataplane.go). */
function hostMtu(node: NodeModel, settings: Settings): number {
  const mtus = node.nics.filter((n) => settings.mtuInterfaces.test(n.dev)).map((n) => n.mtu);
  return mtus.length > 0 ? Math.min(...mtus) : 1460;
}

/** MTUs of tunl0, vxlan.calico and of pods: what was set; else before 3.17 fixed values, from then on what the NICs leave. */
export function mtusOf(node: NodeModel, settings: Settings, { ipip, vxlan }: Pick<Plan, 'ipip' | 'vxlan'>): Mtus {
  const host = hostMtu(node, settings);
  const tunnels = {
    ipip: settings.mtu.ipip?.value ?? (settings.features.autoMtu ? host - IPIP : 1440),
    vxlan: settings.mtu.vxlan?.value ?? (settings.features.autoMtu ? host - VXLAN : 1410),
  };
  const automatic = settings.features.autoMtu ? Math.min(host, ...(ipip ? [tunnels.ipip] : []), ...(vxlan ? [tunnels.vxlan] : [])) : vxlan ? 1410 : 1440;
  return { ...tunnels, pods: settings.mtu.pods?.value ?? automatic };
}
