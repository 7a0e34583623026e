import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const digest = (words: readonly string[]): string => bytesToHex(sha256(utf8ToBytes(words.join('/'))));

/** A locally administered address for a device whose real one is random: the same for the same names. */
export const derivedMac = (...words: readonly string[]): string => `02:${(digest(words).slice(0, 10).match(/../g) ?? []).join(':')}`;

/** Hex digits in place of random ones. */
export const derivedHex = (digits: number, ...words: readonly string[]): string => digest(words).slice(0, digits);
