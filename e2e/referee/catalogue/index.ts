import type { RefereeCase } from '../case.ts';
import { basics } from './basics.ts';
import { bridge } from './bridge.ts';
import { conntrack } from './conntrack.ts';
import { ground } from './ground.ts';
import { ipTunnels } from './ipTunnels.ts';
import { ipvs } from './ipvs.ts';
import { kubeProxyIpvs } from './kubeProxyIpvs.ts';
import { headerMatches } from './matchesHeader.ts';
import { placeMatches } from './matchesPlace.ts';
import { stateMatches } from './matchesState.ts';
import { nats } from './nat.ts';
import { routing } from './routing.ts';
import { sets } from './sets.ts';
import { targets } from './targets.ts';
import { vxlan } from './vxlan.ts';
import { vxlanBridge } from './vxlanBridge.ts';

/** Every hand-written case. */
export const catalogue: readonly RefereeCase[] = [...basics, ...bridge, ...conntrack, ...ground, ...ipTunnels, ...ipvs, ...kubeProxyIpvs, ...headerMatches, ...placeMatches, ...stateMatches, ...nats, ...routing, ...sets, ...targets, ...vxlan, ...vxlanBridge];
