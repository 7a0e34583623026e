import type { Ip4 } from '../packet/address.ts';
import type { SourceRef } from './source.ts';

/** One direction of an entry as `conntrack -L` prints it; ICMP has type, code and id in place of ports. */
export interface CtListedTuple {
  readonly src: Ip4;
  readonly dst: Ip4;
  readonly sport?: number;
  readonly dport?: number;
  readonly icmp?: { readonly type: number; readonly code: number; readonly id: number };
  /** `zone-orig=`, `zone-reply=`: a zone of this direction alone. */
  readonly zone?: number;
  /** What stands behind the tuple (`packets=`, `bytes=`, GRE keys), verbatim. */
  readonly extra?: readonly string[];
}

/** One line of `conntrack -L`: a connection that the kernel knows before the probe comes. */
export interface CtListing {
  readonly proto: number;
  /** Seconds; undefined when the line does not say (offloaded and dumped events). */
  readonly timeout: number | undefined;
  /** The state of TCP and SCTP: `ESTABLISHED`. */
  readonly state: string | undefined;
  readonly orig: CtListedTuple;
  readonly reply: CtListedTuple;
  /** The absence of `[UNREPLIED]`. */
  readonly seenReply: boolean;
  readonly assured: boolean;
  readonly mark: number;
  /** The zone of both directions. */
  readonly zone: number;
  /** connlabel: 128 bits as four words, the most significant first; absent: none set, or none listed. */
  readonly label?: readonly number[];
  /** Words that the model has no use for (`use=1`, `secctx=…`, `[OFFLOAD]`), verbatim. */
  readonly extra?: readonly string[];
  readonly source: SourceRef | undefined;
}
