/** What is not drawn, as the engine cannot decide it (yet; whose a process is, and what sockets it has, no dump of a random world says): items of the coverage table. */
export const LATER: ReadonlySet<string> = new Set(
  process.env.PACKETWALK_LATER === '0'
    ? []
    : [
        ...['owner', 'socket', 'set-options'].map((m) => `match:${m}`),
        ...['hash:net,port', 'hash:net,iface', 'hash:net,net', 'hash:net,port,net', 'hash:ip,mark', 'hash:mac', 'hash:ip,mac', 'bitmap:ip', 'bitmap:ip,mac', 'list:set'].map((t) => `set:${t}`),
        ...['SET'].map((t) => `target:${t}`),
      ],
);
