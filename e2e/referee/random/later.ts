/** What is not drawn, as the engine cannot decide it yet: items of the coverage table. */
export const LATER: ReadonlySet<string> = new Set(
  process.env.PACKETWALK_LATER === '0'
    ? []
    : [
        ...['limit', 'statistic-nth', 'pkttype', 'mac', 'iprange', 'length', 'ttl', 'dscp', 'tos', 'ecn', 'ecn-tcp', 'tcpmss', 'owner', 'rpfilter', 'socket', 'realm', 'physdev', 'tcp-option', 'sctp-chunk', 'hashlimit', 'connlimit', 'recent', 'set-options'].map((m) => `match:${m}`),
        ...['hash:net,port', 'hash:net,iface', 'hash:net,net', 'hash:net,port,net', 'hash:ip,mark', 'hash:mac', 'hash:ip,mac', 'bitmap:ip', 'bitmap:ip,mac', 'list:set'].map((t) => `set:${t}`),
        ...['SET'].map((t) => `target:${t}`),
      ],
);
