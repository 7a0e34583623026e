import type { Netns } from '../../world/world.ts';

/** Settings of each device that decide a packet's way, with the values of a fresh kernel: a new namespace inherits its maker's. */
const CONF: Readonly<Record<string, number>> = {
  forwarding: 0,
  rp_filter: 0,
  accept_local: 0,
  route_localnet: 0,
  src_valid_mark: 0,
  arp_announce: 0,
  arp_filter: 0,
  arp_ignore: 0,
  arp_accept: 0,
  proxy_arp: 0,
  proxy_arp_pvlan: 0,
  accept_redirects: 1,
  secure_redirects: 1,
  send_redirects: 1,
  shared_media: 1,
  accept_source_route: 0,
  bc_forwarding: 0,
  ignore_routes_with_linkdown: 0,
  promote_secondaries: 0,
  log_martians: 0,
};

/** Keys that a namespace has of its own and that matter to packets; the rest of `sysctl -a` is left alone. */
const RELEVANT = /^net\.(?:ipv4\.(?:ip_|ipfrag_time|icmp_|fwmark_reflect|fib_multipath_|route\.min_pmtu|vs\.|tcp_fwmark_accept|conf\.|neigh\.)|bridge\.bridge-nf-|netfilter\.nf_conntrack_(?:tcp_(?:loose|be_liberal)|checksum|helper)$)/;
const READ_ONLY = /\.(?:mc_forwarding|ip_local_port_range|ip_local_reserved_ports|ip_early_demux|ip_unprivileged_port_start)$/;

/** `net.ipv4.conf.DEV.NAME`: a device's name may have dots, which sysctl prints as slashes. */
function path(key: string): string {
  const conf = /^net\.ipv4\.(conf|neigh)\.(.+)\.([\w-]+)$/.exec(key);
  return conf ? `net/ipv4/${conf[1] ?? ''}/${(conf[2] ?? '').replaceAll('/', '.')}/${conf[3] ?? ''}` : key.replaceAll('.', '/');
}

/** A line of shell: what is no plain word was made by nobody's kernel, and is left out. */
const line = (key: string, value: string | number): string => `w ${path(key)} ${String(value).replaceAll(/[^\w. -]/g, '')}`;
const isPlain = (key: string): boolean => /^[\w./:@+-]+$/.test(key);

/** What must stand before the first device comes: devices are made with the defaults of their namespace. */
export function beforeLines(netns: Netns): readonly string[] {
  const given = (key: string, fallback: number): string => netns.sysctls[key] ?? String(fallback);
  return [
    line('net.ipv4.ip_forward', 0),
    // Each error is to be seen, also the third within a second.
    line('net.ipv4.icmp_ratelimit', 0),
    // With a limit of nothing each error would empty the account that ip_error() draws on (inet_peer_xrlim_allow()).
    line('net.ipv4.icmp_ratemask', 0),
    ...['all', 'default', 'lo'].flatMap((dev) => Object.entries(CONF).map(([name, value]) => line(`net.ipv4.conf.${dev}.${name}`, dev === 'default' ? given(`net.ipv4.conf.default.${name}`, value) : value))),
  ];
}

/** The dump's settings, wide ones first: writing `ip_forward` or `conf.all.forwarding` changes every device. */
export function sysctlLines(netns: Netns): readonly string[] {
  const rank = (key: string): number => (key === 'net.ipv4.ip_forward' ? 0 : key.includes('.conf.all.') ? 1 : key.includes('.conf.default.') ? 2 : 3);
  return Object.entries(netns.sysctls)
    .filter(([key]) => RELEVANT.test(key) && !READ_ONLY.test(key) && isPlain(key))
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .map(([key, value]) => line(key, value));
}
