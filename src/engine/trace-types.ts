import type { Ip4 } from '../packet/address.ts';
import type { Packet } from '../packet/packet.ts';
import type { Choice, Probe } from './probe.ts';
import type { CtEntryView, IpvsConnView, Step } from './step.ts';

/** One walk: what happened, and how it ended. Steps are in order of time. */
export interface Trace {
  readonly probe: Probe;
  readonly steps: readonly Step[];
  readonly choices: readonly Choice[];
  /** One for each connection of the probe, at least one. */
  readonly outcomes: readonly Outcome[];
  readonly conntrack: readonly LeftEntry<CtEntryView>[];
  readonly ipvs: readonly LeftEntry<IpvsConnView>[];
}

export interface LeftEntry<T> {
  readonly host: string;
  readonly netns: string | null;
  readonly entry: T;
}

export type Verdict = 'delivered' | 'dropped' | 'rejected' | 'unreachable' | 'looped' | 'left' | 'unknown';

/** Where, and by which step, a packet's way ended. */
export interface Ending {
  readonly verdict: Verdict;
  readonly host: string;
  readonly netns: string | null;
  readonly dev: string | undefined;
  /** The innermost packet as it was there. */
  readonly seen: Packet;
  /** The step that decided. */
  readonly step: number;
  readonly error?: NetError;
  readonly next?: { readonly ip: Ip4 | undefined; readonly dev: string | undefined };
}

export type NetError =
  | { readonly kind: 'icmp'; readonly icmptype: number; readonly code: number; readonly mtu: number | undefined; readonly from: Ip4 }
  | { readonly kind: 'reset'; readonly from: Ip4 }
  | { readonly kind: 'emsgsize'; readonly mtu: number }
  /** connect() or sendto() failed at once: no route, prohibited, … */
  | { readonly kind: 'local'; readonly error: 'ENETUNREACH' | 'EHOSTUNREACH' | 'EACCES' | 'EINVAL' | 'EPERM' };

export interface Outcome {
  readonly request: Ending;
  /** undefined: no reply was made. */
  readonly reply: Ending | undefined;
  readonly natted: { readonly src: boolean; readonly dst: boolean };
  /** What the client's program gets in the end. */
  readonly client: 'answer' | 'timeout' | 'refused' | 'reset' | 'unreachable' | 'sent' | 'unknown' | 'too-big' | 'not-permitted';
}
