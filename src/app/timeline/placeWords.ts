import type { Step } from '../../engine/step.ts';
import type { Lang } from '../../text/lang.ts';
import type { Stop } from '../../text/reading-types.ts';
import { glyphName } from './strings.ts';

/** Where a stop is in two or three words: `nat PREROUTING`, `ens5 → ens5`, `tunl0`. `lead` is the step that speaks for it. */
export function placeWords({ place }: Pick<Stop, 'place'>, lead: Step | undefined, lang: Lang): string {
  switch (place.kind) {
    case 'device':
      return place.dev;
    case 'hook':
      return lead && 'table' in lead && 'hook' in lead ? `${lead.table} ${lead.hook}` : place.hook;
    case 'routing':
      return glyphName('routing', lang);
    case 'socket':
      return place.netns ?? place.host;
    case 'wire':
      return place.to ? `${place.from.dev} → ${place.to.dev}` : place.from.dev;
  }
}
