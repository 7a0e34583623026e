import { antrea } from './antrea/scenario.ts';
import { calicoModes } from './calico-modes/scenario.ts';
import { calicoOpenstack } from './calico-openstack/scenario.ts';
import { ciscoAci } from './cisco-aci/scenario.ts';
import { flannel } from './flannel/scenario.ts';
import { incidentScenarios } from './incidentScenarios.ts';
import { ipvsMetallb } from './ipvs-metallb/scenario.ts';
import { ipvsObjects } from './ipvs-objects/scenario.ts';
import { metallbL2 } from './metallb-l2/scenario.ts';
import { multusSriov } from './multus-sriov/scenario.ts';
import { openshiftSdn } from './openshift-sdn/scenario.ts';
import { ovsDpdk } from './ovs-dpdk/scenario.ts';
import { ovnKubernetes } from './ovn-kubernetes/scenario.ts';
import type { Scenario } from './scenario.ts';

/** All built-in scenarios with all their texts, in the order of their cards. The page fetches this when another than the first is opened. */
export const scenarios: readonly [Scenario, ...Scenario[]] = [ipvsMetallb, ipvsObjects, calicoModes, calicoOpenstack, openshiftSdn, ovnKubernetes, antrea, ciscoAci, flannel, metallbL2, multusSriov, ovsDpdk, ...incidentScenarios];

export const findScenario = (id: string): Scenario | undefined => scenarios.find((s) => s.id === id);
