import type { KubeDocument } from '../objects/document.ts';
import { field, listOf, textOf, textsOf } from '../objects/document.ts';

/** Flannel 0.MINOR.PATCH. */
export interface FlannelVersion {
  readonly minor: number;
  readonly patch: number;
}

/** The newest release that was read. */
export const NEWEST_READ: FlannelVersion = { minor: 28, patch: 9 };

/** Annotation of kube-flannel-cfg that names the version where no DaemonSet does. */
export const VERSION_ANNOTATION = 'packetwalk/flannel-version';

export const isSince = (version: FlannelVersion, minor: number, patch = 0): boolean => version.minor > minor || (version.minor === minor && version.patch >= patch);

/** `v0.20.2` in an image's tag or alone. */
export function parseVersion(text: string | undefined): FlannelVersion | undefined {
  const [, minor, patch] = /(?:^|[:v])0\.(\d{1,3})\.(\d{1,3})/.exec(text ?? '') ?? [];
  return minor === undefined || patch === undefined ? undefined : { minor: Number(minor), patch: Number(patch) };
}

/** The container that runs flanneld, of a DaemonSet. */
export function flanneldOf(document: KubeDocument): { readonly image: string; readonly args: readonly string[] } | undefined {
  if (document.kind !== 'DaemonSet') return undefined;
  for (const container of listOf(field(document.value, 'spec', 'template', 'spec', 'containers'))) {
    const image = textOf(field(container, 'image')) ?? '';
    if (/(?:^|\/)flannel(?::|@|$)/.test(image)) return { image, args: [...textsOf(field(container, 'command')), ...textsOf(field(container, 'args'))] };
  }
  return undefined;
}
