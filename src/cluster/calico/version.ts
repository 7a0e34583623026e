import { atLeast, type Version } from '../model.ts';

/** The newest Calico whose Felix was read: what is assumed when no object tells the version. */
export const NEWEST: Version = { major: 3, minor: 32 };

/** What differs between the versions of Felix, 3.16 to 3.32 (felix/rules, felix/dataplane of the tags). */
export interface Features {
  /** 3.17: MTUs from the NICs instead of fixed ones; the service loop protection. */
  readonly autoMtu: boolean;
  readonly cidrBlock: boolean;
  /** 3.18: mangle POSTROUTING, and the mark at the end of FORWARD that it reads. */
  readonly manglePostrouting: boolean;
  /** 3.19: the reverse path check follows the mark. */
  readonly validmark: boolean;
  /** 3.20: blackholes of Felix for blocks of a VXLAN pool. */
  readonly vxlanBlackhole: boolean;
  /** 3.22: the first rule of a policy's or profile's chain says whose it is. */
  readonly chainComments: boolean;
  /** 3.23: cali-rpf-skip. */
  readonly rpfSkip: boolean;
  /** How VXLAN's hosts are called in comments. */
  readonly vxlanHosts: { readonly what: string; readonly allowed: string };
  /** 3.26: what is refused may be rejected. */
  readonly denyAction: boolean;
  /** 3.28: the marks accept and pass are cleared together at the start; policies with one selector share a chain; returns at a chain's end are left out. */
  readonly groups: boolean;
  /** 3.29: policies stand in tiers, also in the names of their chains. */
  readonly tiers: boolean;
  readonly vxlanNoTrack: boolean;
  /** 3.30: a mark for drops of its own; the end of a tier is named. */
  readonly dropMark: boolean;
  /** 3.31: DSCP of packets that leave the cluster; routes into VXLAN carry its MTU. */
  readonly dscp: boolean;
  readonly vxlanRouteMtu: boolean;
  /** 3.32: chains of policies are named by kind. */
  readonly policyKinds: boolean;
}

export function featuresOf(version: Version): Features {
  const from = (minor: number): boolean => atLeast(version, 3, minor);
  return {
    autoMtu: from(17),
    cidrBlock: from(17),
    manglePostrouting: from(18),
    validmark: from(19),
    vxlanBlackhole: from(20),
    chainComments: from(22),
    rpfSkip: from(23),
    vxlanHosts: { what: from(23) ? 'IPv4 VXLAN packets' : 'VXLAN packets', allowed: from(25) ? 'allowed' : 'whitelisted' },
    denyAction: from(26),
    groups: from(28),
    tiers: from(29),
    vxlanNoTrack: from(29),
    dropMark: from(30),
    dscp: from(31),
    vxlanRouteMtu: from(31),
    policyKinds: from(32),
  };
}

/** The marks of Felix: bits of its mask, the lowest first; the rest tells endpoints apart (felix/dataplane/driver.go, felix/markbits). */
export interface Marks {
  readonly accept: number;
  readonly pass: number;
  readonly drop: number;
  readonly scratch0: number;
  readonly scratch1: number;
  /** All that Felix clears when a packet begins. */
  readonly all: number;
  readonly endpoint: number;
  /** The endpoint mark of packets that come from no endpoint. */
  readonly noEndpoint: number;
}

export function marksOf(mask: number, features: Features): Marks {
  const bits = Array.from({ length: 32 }, (_, i) => 2 ** i).filter((bit) => (mask & bit) !== 0);
  const [accept = 0, pass = 0, ...rest] = bits;
  const drop = features.dropMark ? (rest.shift() ?? 0) : 0;
  const [scratch0 = 0, scratch1 = 0, ...endpoint] = rest;
  return {
    accept, pass, drop, scratch0, scratch1,
    all: accept + pass + scratch0 + scratch1,
    endpoint: endpoint.reduce((sum, bit) => sum + bit, 0),
    noEndpoint: endpoint[0] ?? 0,
  };
}

/** `v3.20.6` as a version; undefined when it is none of Calico's. */
export function parseVersion(text: string | undefined): Version | undefined {
  const parts = /^v?(\d+)\.(\d+)/.exec(text ?? '');
  return parts ? { major: Number(parts[1]), minor: Number(parts[2]) } : undefined;
}
