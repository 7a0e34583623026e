import { type Document, isMap, isScalar, parseAllDocuments, type YAMLMap } from 'yaml';

/**
 * Changes objects by others, a merge patch for each (RFC 7396): the document of the same kind, namespace and name takes over the
 * fields that the patch has, lists as a whole, and loses those that the patch says are null; a document that is not there is added;
 * `$patch: delete` removes one. Comments and order of what stays are kept. Neither text may be damaged: both are ours.
 */
export function patchObjects(text: string, patch: string): string {
  const documents = read(text);
  for (const change of read(patch)) {
    const { contents } = change;
    if (!isMap(contents)) continue;
    const at = documents.findIndex((d) => keyOf(d) === keyOf(change));
    const known = documents[at];
    if (contents.get('$patch') === 'delete') documents.splice(at, at < 0 ? 0 : 1);
    else if (known && isMap(known.contents)) merge(known.contents, contents);
    else documents.push(change);
  }
  return documents.map((d) => d.toString({ lineWidth: 0, directives: false }).replace(/^---\n|\n?\.\.\.\n$/g, '')).join('---\n');
}

const read = (text: string): Document[] => (parseAllDocuments(text, { logLevel: 'silent' }) as readonly Document[]).filter((d) => isMap(d.contents));

/** Objects without a name, such as a KubeProxyConfiguration, are told apart by their kind. */
function keyOf(document: Document): string {
  const part = (path: readonly string[]): string => {
    const value = document.getIn(path);
    return typeof value === 'string' ? value : '';
  };
  return [part(['kind']), part(['metadata', 'namespace']) || 'default', part(['metadata', 'name'])].join('/');
}

function merge(target: YAMLMap, patch: YAMLMap): void {
  for (const { key, value } of patch.items) {
    const name: unknown = isScalar(key) ? key.value : key;
    const known = target.get(name, true);
    if (isScalar(value) && value.value === null) target.delete(name);
    else if (isMap(value) && isMap(known)) merge(known, value);
    else target.set(isScalar(key) ? key.value : key, value);
  }
}
