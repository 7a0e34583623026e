const bytes = 'it reads bytes that a packet here does not carry';
const time = 'how much time passes between the packets nobody can tell';

/** Why nobody can tell whether a match holds, by its name. */
export const unknownMatches: Readonly<Record<string, string>> = {
  owner: 'whose process sent the packet no dump tells',
  socket: 'what sockets a process has, and how it set them, no dump tells',
  limit: time,
  hashlimit: time,
  connbytes: 'what a connection has carried so far no dump tells',
  rateest: time,
  time: 'it asks for the time of day',
  string: bytes,
  bpf: bytes,
  u32: bytes,
  tcpmss: 'the piece of the packet that it looks at has no TCP header',
  ecn: 'the piece of the packet that it looks at has no TCP header',
  multiport: 'the ports of this protocol are not read',
  realm: 'the realm has a name whose number only that machine knows',
  cluster: 'the kernel hashes the connection for it',
  cgroup: 'in which group a process runs no dump tells',
  cpu: 'which processor handles a packet is chance',
  osf: 'it guesses the sender’s system from details of its packets',
};
