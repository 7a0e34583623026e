import { fileURLToPath } from 'node:url';
import { worldOf } from '../cluster/world.ts';
import { readFolder } from '../scenarios/files.node.ts';
import type { World } from '../world/world.ts';
import type { Edit } from './sample.ts';

/** The recorded OVN-Kubernetes cluster, each file edited first; undefined takes the file out. */
export function ovnKubernetesWorld(edit: Edit = (_, text) => text): World {
  const files = readFolder(fileURLToPath(new URL('../scenarios/ovn-kubernetes/recorded', import.meta.url)));
  return worldOf(Object.fromEntries(Object.entries(files).flatMap(([path, text]) => { const edited = edit(path, text); return edited === undefined ? [] : [[path, edited]]; }))).world;
}
