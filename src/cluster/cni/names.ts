import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { derivedHex } from '../derived.ts';
import type { PodModel } from '../model.ts';

/** Length of a chain's name, prefix included (maxChainLength, plugins pkg/utils/utils.go). */
const CHAIN_LENGTH = 28;

/** MustFormatChainNameWithPrefix() (plugins pkg/utils/utils.go): `CNI-DN-…` for the prefix `DN-`. */
export const cniChain = (prefix: string, network: string, containerId: string): string => `CNI-${prefix}${bytesToHex(sha512(utf8ToBytes(network + containerId)))}`.slice(0, CHAIN_LENGTH);

/** Id of the pod's sandbox: from Calico's annotation, which holds it; else derived, because objects do not show it. */
export const sandboxId = (pod: PodModel): string => pod.annotations['cni.projectcalico.org/containerID'] || derivedHex(64, 'sandbox', pod.namespace, pod.name);

/** A quoted comment as iptables-save prints it, cut as trimComment() does (plugins/meta/portmap/utils.go). */
export function cniComment(text: string): string {
  const cut = text.length <= 255 ? text : `${text.slice(0, 253)}...`;
  return `-m comment --comment "${cut.replaceAll('"', '\\"')}"`;
}
