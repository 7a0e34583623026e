/** The lab's name for a namespace, behind its prefix. */
export const spaceName = (host: string, netns: string | null): string => (netns === null ? clean(host) : `${clean(host)}-${clean(netns)}`);

const clean = (name: string): string => name.replaceAll(/[^\w.-]/g, '_').replace(/^[.-]/, '_');
