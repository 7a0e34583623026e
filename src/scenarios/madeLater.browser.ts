import { type ClusterWorld, worldOf } from '../cluster/world.ts';
import type { LoadedFiles } from './files.browser.ts';

/** Files whose world is made when somebody asks. The page makes it away from its own thread and needs the files alone. */
export function madeLater(files: Readonly<Record<string, string>>): LoadedFiles {
  let made: ClusterWorld | undefined;
  const world = (): ClusterWorld => (made ??= worldOf(files));
  return {
    later: true,
    files,
    get parsed() {
      return world();
    },
    get names() {
      return world().world.names;
    },
  };
}
