/**
 * What rules, sets, routes and packets of one world speak of. They share few words, so that packets meet rules: of ports drawn from
 * all 65,536 none would ever match.
 */
export interface Words {
  /** Addresses that packets are sent to. */
  readonly addresses: readonly string[];
  /** `10.1.0.1/32`, `10.1.0.0/24`: around those addresses. */
  readonly nets: readonly string[];
  /** `10.1.0.1-10.1.0.9`. */
  readonly ranges: readonly string[];
  /** Where DNAT may lead: addresses somebody owns. */
  readonly targets: readonly string[];
  /** Whether REDIRECT may be drawn. */
  readonly redirects: boolean;
  /** A tunnel's packets end here. */
  readonly tunnelled: boolean;
  /** Where NETMAP may lead. */
  readonly maps: readonly string[];
  /** Where SNAT may lead: own addresses and nobody's, as a machine that nothing is known of would take answers that are not its own. */
  readonly sources: readonly string[];
  readonly ports: readonly number[];
  /** Where a service may be: a prober's own port must not be taken. */
  readonly servicePorts: readonly number[];
  readonly marks: readonly number[];
  readonly macs: readonly string[];
  /** Names and prefixes of devices (`eth+`). */
  readonly devices: readonly string[];
  readonly bridgePorts: readonly string[];
  readonly tos: readonly number[];
  /** Whether it is known who listens here: else nobody can tell what `-m socket` finds. */
  readonly listeners: boolean;
  /** The world has one probe, and so nothing that a rule remembers can show in another. */
  readonly single: boolean;
  /** What the kernel that will judge does not have. */
  readonly lacks: (need: string) => boolean;
}

export const SERVICE_PORTS: readonly number[] = [80, 81, 443, 53, 8080];
/** The first prober's port; each probe of a world has the next. */
export const SPORT = 41_000;
export const PORTS: readonly number[] = [...SERVICE_PORTS, SPORT, SPORT + 1, SPORT + 2];
export const MARKS: readonly number[] = [0, 0x1, 0x2, 0x10, 0x4000];
export const TOS: readonly number[] = [0, 0x10, 0x28, 0xb8, 0x01, 0x02, 0x03];
