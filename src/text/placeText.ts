import type { Stop } from './reading-types.ts';
import { wordsOf } from './dictionaries/places.ts';
import type { Telling } from './telling.ts';

/** Where a stop is, in a few words: a hook, a device, `n1 ens5 to n2 ens5`. The hook's table is for the caller to add. */
export function placeText(ctx: Telling, { place, lead }: Stop): string {
  const words = wordsOf[ctx.lang];
  switch (place.kind) {
    case 'device':
      return place.dev;
    case 'hook':
      // IPVS hangs on both hooks; what is made on the machine itself has no device yet.
      return place.hook === 'IPVS' ? (ctx.trace.steps[lead]?.dev === undefined ? 'LOCAL_OUT' : 'LOCAL_IN') : place.hook;
    case 'routing':
      return place.which === 'in' ? words.inputRoute : words.outputRoute;
    case 'socket':
      return words.socket;
    case 'wire':
      return place.to === undefined ? words.wireNowhere(place.segment) : words.wire(`${place.from.host} ${place.from.dev}`, `${place.to.host} ${place.to.dev}`);
  }
}
