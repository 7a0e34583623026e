import type { Link } from '../world/world.ts';
import type { Lines, Parsed } from './diagnostic.ts';
import { printInet } from './inet.ts';
import { type LinkListing, parseIpLink, printLink } from './ipLink.ts';

/** Parses `ip addr` and `ip -d addr`: the shape of `ip link` with addresses below each device. Never throws on any text. */
export const parseIpAddr = (lines: Lines): Parsed<LinkListing> => parseIpLink(lines);

/** The lines of `ip addr show`, or of `ip -d addr show`. */
export const printIpAddr = (links: readonly Link[], detailed: boolean): readonly string[] =>
  links.flatMap((link) => [...printLink(link, { detailed, mode: false }), ...link.addresses.flatMap((a) => printInet(a, link.name))]);
