import { incidentsCalico } from './incidents-calico/scenario.ts';
import { incidentsFlannel } from './incidents-flannel/scenario.ts';
import { incidentsIpvs } from './incidents-ipvs/scenario.ts';
import { incidentsNode } from './incidents-node/scenario.ts';
import { incidentsOpenstack } from './incidents-openstack/scenario.ts';
import type { Scenario } from './scenario.ts';

/** Clusters that people really broke, each with a parameter `incident`. */
export const incidentScenarios: readonly Scenario[] = [incidentsFlannel, incidentsIpvs, incidentsNode, incidentsCalico, incidentsOpenstack];
