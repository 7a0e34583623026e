import type { PolicyRule } from './world.ts';

/** A rule for every packet that does nothing: what `ip rule` shows of one is laid over it. */
export const ANY_PACKET: PolicyRule = {
  priority: 0,
  not: false,
  from: undefined,
  to: undefined,
  iif: undefined,
  oif: undefined,
  fwmark: undefined,
  tos: undefined,
  ipproto: undefined,
  sport: undefined,
  dport: undefined,
  action: { kind: 'nop' },
  unknown: [],
  source: undefined,
};
