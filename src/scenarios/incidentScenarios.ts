import { incidentsFlannel } from './incidents-flannel/scenario.ts';
import { incidentsIpvs } from './incidents-ipvs/scenario.ts';
import type { Scenario } from './scenario.ts';

/** Clusters that people really broke, each with a parameter `incident`. */
export const incidentScenarios: readonly Scenario[] = [incidentsFlannel, incidentsIpvs];
