import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/** The cookie of the rules towards a node: the first four bytes of its HostSubnet's hashed UID (hostSubnetCookie(), pkg/network/node/ovscontroller.go). */
export const hostSubnetCookie = (uid: string): number => new DataView(sha256(utf8ToBytes(uid)).buffer).getUint32(0);
