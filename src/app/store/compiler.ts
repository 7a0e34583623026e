/**
 * What makes a world of Kubernetes objects, as one chunk: the YAML library and the compiler weigh more than the page.
 */
export { yamlFiles } from '../../cluster/edit/form.ts';
export { yamlProblems } from '../../cluster/edit/problems.ts';
export { worldOf } from '../../cluster/world.ts';
