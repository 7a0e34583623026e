import type { KubeDocument } from '../../dumps/kubeDocuments.ts';
import type { Because } from '../because.ts';

export { field, type KubeDocument, labelsOf, listOf, textOf, textsOf } from '../../dumps/kubeDocuments.ts';

/** The reason that an object is, or a part of it. */
export const becauseOf = (document: Pick<KubeDocument, 'kind' | 'namespace' | 'name' | 'source'>, part?: string): Because => ({
  kind: document.kind,
  namespace: document.namespace,
  name: document.name,
  source: document.source,
  ...(part === undefined ? {} : { part }),
});
