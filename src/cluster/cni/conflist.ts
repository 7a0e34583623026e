import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { type Because } from '../because.ts';
import { type KubeDocument, becauseOf, field, labelsOf, listOf, textOf } from '../objects/document.ts';

/** A network configuration list of CNI, as a ConfigMap hands it to the nodes. */
export interface Conflist {
  /** Name of the network: part of the names of chains. */
  readonly name: string;
  readonly plugins: readonly { readonly type: string; readonly config: unknown }[];
  readonly document: KubeDocument;
  readonly because: Because;
}

/** Keys of ConfigMaps under which manifests keep it: Flannel's and Calico's, and file names. */
const KEYS = /^(?:cni-conf\.json|cni_network_config|.*\.conflist)$/;

/** All configuration lists among the ConfigMaps; what cannot be read is reported. */
export function conflistsIn(documents: readonly KubeDocument[], found: DiagnosticList): readonly Conflist[] {
  return documents
    .filter((d) => d.kind === 'ConfigMap')
    .flatMap((document) => Object.entries(labelsOf(field(document.value, 'data'))).filter(([key]) => KEYS.test(key)).flatMap(([key, text]) => conflistOf(document, key, text, found)));
}

function conflistOf(document: KubeDocument, key: string, text: string, found: DiagnosticList): readonly Conflist[] {
  const json = parseJson(text);
  if (json === undefined) {
    found.add('bad-json', document.at('data', key), key);
    return [];
  }
  const plugins = listOf(field(json, 'plugins')).flatMap((config) => {
    const type = textOf(field(config, 'type'));
    return type === undefined ? [] : [{ type, config }];
  });
  return [{ name: textOf(field(json, 'name')) ?? '', plugins, document, because: becauseOf(document, key) }];
}

/** JSON, also with the placeholders that an installer fills in (`"mtu": __CNI_MTU__`); undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll(/(:\s*)__[A-Z0-9_]+__/g, '$1null')) as unknown;
  } catch {
    return undefined;
  }
}
