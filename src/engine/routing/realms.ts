import type { Route } from '../../world/world.ts';

/** A realm given by a name of /etc/iproute2/rt_realms. */
export const NAMED_REALM = -1;

/** nh_tclassid of a route: `realm TO`, or `realms FROM/TO` with FROM in the upper half (rtnl_rtrealm_a2n(), iproute2). */
export function realmsOf({ extra }: Route): number {
  const words = extra?.find((text) => text.startsWith('realm'));
  if (words === undefined) return 0;
  const [from = '', to] = words.slice(words.indexOf(' ') + 1).split('/');
  const numbers = to === undefined ? [0, Number(from)] : [Number(from), Number(to)];
  const [upper = 0, lower = 0] = numbers;
  return Number.isInteger(upper) && Number.isInteger(lower) ? ((upper << 16) | lower) >>> 0 : NAMED_REALM;
}
