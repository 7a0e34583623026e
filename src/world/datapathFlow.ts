import type { FieldMatch } from './openflow.ts';
import type { SourceRef } from './source.ts';

/**
 * One flow that a datapath of Open vSwitch has cached, as `ovs-appctl dpctl/dump-flows` prints it: evidence of what the switch did with
 * packets of late. It moves no packet here; which flows there are follows from the rules, as they were when the flow was made.
 */
export interface DatapathFlow {
  readonly ufid?: string;
  /** 0: for what comes in by a port. Other numbers are known by the flows whose actions hold `recirc(N)`, and by nothing else. */
  readonly recirc: number;
  /** Name or number in the datapath, not that of OpenFlow; undefined: any port. */
  readonly inPort: string | undefined;
  /** Its conditions by the names that OpenFlow has for them; one that no packet can be asked about has a `text`. */
  readonly match: readonly FieldMatch[];
  /** Geneve options of the outer header. `hex` and `mask` without 0x, two digits a byte. */
  readonly options?: readonly { readonly optClass: number; readonly optType: number; readonly hex: string; readonly mask: string }[];
  /** All conditions, verbatim. */
  readonly text: string;
  /** Behind the first packet, which made the flow. */
  readonly packets: number;
  readonly bytes: number;
  /** Seconds since its last packet; undefined: none but the first. */
  readonly usedSec: number | undefined;
  /** Flags of TCP that were seen: `S.`. */
  readonly flags?: string;
  /** `yes`: a NIC forwards such packets by itself; `partial`: it helps. */
  readonly offloaded?: string;
  /** Who holds it: `ovs`, `tc`. */
  readonly layer?: string;
  /** Verbatim. */
  readonly actions: string;
  /** Numbers of the passes that its actions lead to, in order. */
  readonly again: readonly number[];
  /** All that it does is to have the packet's hash taken, which the next pass asks for: a group chooses. */
  readonly byHash?: true;
  /** Behind the actions, verbatim. */
  readonly extra?: string;
  /** The heading that it stands under: `flow-dump from the main thread:`. */
  readonly thread?: string;
  readonly source: SourceRef | undefined;
}
