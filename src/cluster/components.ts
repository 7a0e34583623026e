import type { DiagnosticList } from '../dumps/diagnostic.ts';
import { calicoOf } from './calico/calico.ts';
import type { Component } from './component.ts';
import { flannelOf } from './flannel/flannel.ts';
import { kubeProxyOf } from './kubeproxy/kubeProxy.ts';
import { metallbOf } from './metallb/metallb.ts';
import type { ClusterModel } from './model.ts';
import { multusOf } from './multus/multus.ts';
import { neutronOf } from './neutron/neutron.ts';
import { openshiftSdnOf } from './openshift/openshiftSdn.ts';
import { portmapOf } from './portmap/portmap.ts';

/** Makes the component of a cluster; undefined where the cluster does not have it. */
export type Factory = (cluster: ClusterModel, found: DiagnosticList) => Component | undefined;

/** Programs of every node, before pods have a network: they insert their jumps first. */
export const PROGRAMS: readonly Factory[] = [kubeProxyOf];

/** Network plugins; without any, pods get plain routes. */
export const NETWORKS: readonly Factory[] = [flannelOf, calicoOf, openshiftSdnOf];

/** What builds on nodes and pods that have a network. */
export const OTHERS: readonly Factory[] = [portmapOf, multusOf, metallbOf, neutronOf];
