import type { Probe } from '../../engine/probe.ts';
import { formatIp4, type Ip4 } from '../../packet/address.ts';
import { PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import type { Host, Netns, World } from '../../world/world.ts';
import { type Cables, planCables } from './cables.ts';
import { linkLines } from './links.ts';
import { listenPorts } from './listeners.ts';
import { withoutArpPrograms } from './arpPrograms.ts';
import { configLines, givenLines, resetLines } from './netns.ts';
import { spaceName } from './names.ts';
import { beforeLines, sysctlLines } from './sysctls.ts';
import { heredoc } from './shell.ts';

/** A client that no dump describes, to be put in front of a device. */
export interface LabOutside {
  readonly ip: Ip4;
  readonly host: string;
  readonly dev: string;
}

export interface LabOptions {
  /** What the script says it is. */
  readonly title?: string;
  readonly outside?: LabOutside;
  /** The probe that `probe` sends. */
  readonly probe?: Probe;
}

/** What a probe adds to a lab: itself, and the client that sends it when no dump describes one. */
export const labProbe = (probe: Probe): Pick<LabOptions, 'probe' | 'outside'> => ({ probe, ...(probe.from.kind === 'outside' ? { outside: probe.from } : {}) });

export interface Lab {
  readonly script: string;
  /** Kernel modules that the world needs beyond veth and iptables, and tools beyond iproute2 and util-linux. */
  readonly needs: { readonly modules: readonly string[]; readonly tools: readonly string[] };
  /** What of the world is not in the lab, as sentences. */
  readonly cannot: readonly string[];
  readonly spaces: readonly { readonly host: string; readonly netns: string | null; readonly name: string }[];
}

/** Collects what a lab needs and cannot do while its lines are made. */
export interface Notes {
  readonly modules: Set<string>;
  readonly tools: Set<string>;
  readonly cannot: string[];
}

/**
 * A shell script that rebuilds the world in network namespaces of a Linux machine (root), and takes it down again. Each namespace of
 * the world becomes one called `pw-HOST` or `pw-HOST-NETNS` (PW_LAB changes the `pw`); cables between them are veth pairs.
 */
export function labScript(given: World, options: LabOptions = {}): Lab {
  const world = withoutArpPrograms(given);
  const notes: Notes = { modules: new Set(), tools: new Set(), cannot: [] };
  for (const host of world.hosts) for (const bridge of host.ovs ?? []) notes.cannot.push(`${host.name}: the Open vSwitch bridge ${bridge.name}, whose rules decide where packets of its ports go: what enters it is lost in the lab`);
  const spaces = world.hosts.flatMap((host) => host.netns.map((netns) => ({ host: host.name, netns: netns.name, name: spaceName(host.name, netns.name) })));
  const cables = planCables(world, options.outside, notes);
  const built = world.hosts.flatMap((host) => host.netns.map((netns) => spaceLines(host, netns, cables, notes)));
  const outside = options.outside ? [outsideLines(world, options.outside, cables)] : [];
  const inEach = (lines: (netns: Netns) => readonly string[], mark: string): readonly string[] =>
    world.hosts.flatMap((host) =>
      host.netns.flatMap((netns) => {
        const own = lines(netns);
        return own.length === 0 ? [] : [`  in_ns ${spaceName(host.name, netns.name)} ${heredoc(mark, own)}`];
      }),
    );
  const needs = { modules: [...notes.modules].toSorted(), tools: [...notes.tools].toSorted() };
  const script = [
    ...header(options.title ?? 'a world', needs, notes.cannot),
    `SPACES=(${spaces.map((s) => s.name).join(' ')})`,
    `HIDDEN=(.wires${options.outside ? ' .outside' : ''})`,
    FUNCTIONS,
    'up() {',
    ...needs.modules.map((m) => `  modprobe -q ${m} 2>/dev/null`),
    `  ip -batch - <<EOF || FAILED=1\n${[...spaces.map((s) => s.name), '.wires', ...(options.outside ? ['.outside'] : [])].map((n) => `netns add $P-${n}`).join('\n')}\nEOF`,
    `  in_ns .wires ${heredoc('WIRES', [...QUIET, ...batch(cables.create), ...(cables.learned.length > 0 ? [`bridge -force -batch - ${heredoc('FDB', cables.learned)}`] : [])])}`,
    ...built,
    ...outside,
    '  given',
    '}',
    'reset() {',
    '  :',
    ...inEach(resetLines, 'RESET'),
    '}',
    'given() {',
    '  :',
    ...inEach(givenLines, 'GIVEN'),
    '}',
    ...serveLines(world, options.probe),
    ...probeLines(options.probe),
    MAIN,
  ].join('\n');
  return { script: `${script}\n`, needs, cannot: notes.cannot, spaces };
}

/** No IPv6 chatter, and no netfilter on the wires themselves. */
const QUIET = ['w net/ipv6/conf/all/disable_ipv6 1', 'w net/ipv6/conf/default/disable_ipv6 1', 'w net/bridge/bridge-nf-call-iptables 0'];

const batch = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : [`ip -force -batch - ${heredoc('IP', lines)}`]);

/** Runs in another namespace of the lab and hands devices over. These lines have $P in them, so they hold nothing else that a shell would read. */
const handOver = (lines: readonly string[], from = '.wires'): readonly string[] => (lines.length === 0 ? [] : [`ip -n "$P-${from}" -force -batch - <<IP\n${lines.filter((l) => /^[\w .:@+$/-]+$/.test(l)).join('\n')}\nIP`]);

/** A device's name as kernels take it, and that means nothing to a shell. */
const isPlain = (dev: string): boolean => /^[\w.:@+-]{1,15}$/.test(dev);

function spaceLines(host: Host, netns: Netns, cables: Cables, notes: Notes): string {
  const name = spaceName(host.name, netns.name);
  const lines: string[] = [...QUIET, ...beforeLines(netns)];
  // Devices in the order of the dump, which is the kernel's order of registration: it decides some source addresses.
  let own: string[] = [];
  let moved: string[] = [];
  const flush = (): void => {
    lines.push(...batch(own), ...handOver(moved));
    own = [];
    moved = [];
  };
  for (const link of netns.links) {
    if (!isPlain(link.name)) {
      notes.cannot.push(`a device of ${name} whose name no kernel takes`);
      continue;
    }
    const cable = cables.end(host.name, netns.name, link.name);
    if (cable !== undefined) {
      if (own.length > 0) flush();
      moved.push(`link set dev ${cable} netns $P-${name} name ${link.name}`);
    } else {
      const create = linkLines(link, notes, `${name}: `);
      // A device on top of one in another namespace is made there and handed over.
      if (link.lower && spaceName(link.lower.host, link.lower.netns) !== name) {
        flush();
        lines.push(...handOver(create.map((l) => l.replace(' type ', ` netns $P-${name} type `)), spaceName(link.lower.host, link.lower.netns)));
        continue;
      }
      if (create.length > 0 && moved.length > 0) flush();
      own.push(...create);
    }
  }
  flush();
  lines.push(...configLines(netns, notes, name, batch), ...sysctlLines(netns));
  return `  in_ns ${name} ${heredoc(`NS_${name.replace(/\W/g, '_')}`, lines)}`;
}

function outsideLines(world: World, outside: LabOutside, cables: Cables): string {
  const link = world.hosts.find((h) => h.name === outside.host)?.netns[0]?.links.find((l) => l.name === outside.dev);
  const address = link?.addresses[0];
  const via = address ? formatIp4(address.ip) : '169.254.0.1';
  const end = cables.outside ?? '';
  return `  in_ns .outside ${heredoc('OUTSIDE', [
    ...QUIET,
    ...handOver([`link set dev ${end} netns $P-.outside name eth0`]),
    ...batch([
      'link set lo up',
      `link set eth0 address ${cables.outsideMac} mtu ${link?.mtu ?? 1500} gso_max_segs 1 up`,
      `addr add ${formatIp4(outside.ip)}/32 dev eth0`,
      `route add ${via}/32 dev eth0`,
      `route add default via ${via} dev eth0 onlink`,
      ...(link?.mac === undefined ? [] : [`neigh replace ${via} dev eth0 lladdr ${link.mac} nud permanent`]),
    ]),
  ])}`;
}

const header = (title: string, needs: Lab['needs'], cannot: readonly string[]): readonly string[] => [
  '#!/usr/bin/env bash',
  `# Packetwalk lab: ${title.replaceAll(/[^\x20-\x7e]/g, '?')}, rebuilt in network namespaces of this machine.`,
  '#   sudo bash lab.sh up           builds it (PW_LAB=name to have several, PW_IPTABLES=iptables-legacy or iptables-nft)',
  '#   sudo bash lab.sh serve        answers on the ports that the world talks of, until Ctrl-C (python3)',
  '#   sudo bash lab.sh probe        sends the probe, or: probe NAMESPACE tcp|udp|icmp ADDRESS [PORT]',
  '#   sudo bash lab.sh watch        shows every frame on every device, until Ctrl-C (tcpdump)',
  '#   sudo bash lab.sh enter NAME   a shell in a namespace;  list: their names;  reset, then given: forgets what flows left behind',
  '#   sudo bash lab.sh down         takes it down',
  '# Nothing outside of these namespaces is touched, and nothing leaves the machine.',
  `# Needs: ${['root', 'iproute2', 'util-linux', ...needs.tools].join(', ')}${needs.modules.length > 0 ? `; kernel modules ${needs.modules.join(', ')}` : ''}.`,
  ...cannot.map((c) => `# Not in the lab: ${c.replaceAll(/[^\x20-\x7e]/g, '?')}`),
  'set -u',
  'P="${PW_LAB:-pw}"',
  'IPT="${PW_IPTABLES:-iptables}"',
  'FAILED=0',
];

const FUNCTIONS = `export P IPT
# A shell in a namespace, its script on standard input.
in_ns() { { printf '%s\\n' "$PRELUDE"; cat; } | nsenter --net="/run/netns/$P-$1" bash -s || FAILED=1; }
PRELUDE='trap "PW_FAILED=1" ERR; trap "exit \\\${PW_FAILED:-0}" EXIT
w() { if [ -e "/proc/sys/$1" ]; then echo "$2" > "/proc/sys/$1"; fi; }'
down() {
  local n
  for n in "\${SPACES[@]}" "\${HIDDEN[@]}"; do ip netns del "$P-$n" 2>/dev/null; done
  return 0
}
watch_all() {
  trap 'kill $(jobs -p) 2>/dev/null' EXIT
  local n
  for n in "\${SPACES[@]}"; do nsenter --net="/run/netns/$P-$n" tcpdump -l -n -e -i any 2>/dev/null | sed -u "s/^/$n  /" & done
  wait
}`;

const MAIN = `case "\${1:-}" in
  up) up; if [ "$FAILED" != 0 ]; then echo 'the lab is not complete: see above' >&2; exit 1; fi ;;
  down) down ;;
  reset) reset; exit "$FAILED" ;;
  given) given; exit "$FAILED" ;;
  list) printf "$P-%s\\n" "\${SPACES[@]}" ;;
  enter) exec nsenter --net="/run/netns/$P-\${2#"$P-"}" "\${SHELL:-bash}" ;;
  serve) serve ;;
  watch) watch_all ;;
  probe) shift; probe "$@" ;;
  *) sed -n '2,/^set/p' "$0" | sed '$d'; exit 2 ;;
esac`;

/** A small server in each namespace: accepts TCP, echoes UDP. Namespaces whose listeners are known have exactly those. */
function serveLines(world: World, probe: Probe | undefined): readonly string[] {
  const wanted = world.hosts.flatMap((host) => host.netns.map((netns) => ({ name: spaceName(host.name, netns.name), ports: listenPorts(world, netns, probe?.dport === undefined ? [] : [probe.dport]) })));
  return [
    "SERVER='",
    'import select,socket,sys',
    'socks=[]',
    'for w in sys.argv[1:]:',
    '    proto,ip,port=w.split("/")',
    '    s=socket.socket(socket.AF_INET,socket.SOCK_STREAM if proto=="tcp" else socket.SOCK_DGRAM)',
    '    s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)',
    '    s.bind((ip,int(port)))',
    '    if proto=="tcp": s.listen(16)',
    '    socks.append(s)',
    'while True:',
    '    for s in select.select(socks,[],[])[0]:',
    '        if s.type==socket.SOCK_STREAM:',
    '            c,who=s.accept(); print(sys.argv[0],"tcp from",who,"to",c.getsockname(),flush=True); c.close()',
    '        else:',
    '            data,who=s.recvfrom(65535); print("udp from",who,"to",s.getsockname(),flush=True); s.sendto(data,who)',
    "'",
    'serve() {',
    "  trap 'kill $(jobs -p) 2>/dev/null' EXIT",
    ...wanted.flatMap(({ name, ports }) =>
      ports.length === 0 ? [] : [`  nsenter --net="/run/netns/$P-${name}" python3 -c "$SERVER" ${ports.map((p) => `${p.proto}/${formatIp4(p.ip)}/${p.port}`).join(' ')} | sed -u 's/^/${name}  /' &`],
    ),
    '  wait',
    '}',
  ];
}

const PROTO_WORDS: ReadonlyMap<number, string> = new Map([
  [PROTO_TCP, 'tcp'],
  [PROTO_UDP, 'udp'],
  [PROTO_ICMP, 'icmp'],
]);

function probeLines(probe: Probe | undefined): readonly string[] {
  const word = probe && PROTO_WORDS.get(probe.proto);
  const given =
    probe && word !== undefined && typeof probe.dst === 'number'
      ? `set -- ${probe.from.kind === 'netns' ? spaceName(probe.from.host, probe.from.netns) : '.outside'} ${word} ${formatIp4(probe.dst)} ${probe.dport ?? ''}`
      : 'echo "probe NAMESPACE tcp|udp|icmp ADDRESS [PORT]" >&2; return 2';
  return [
    'probe() {',
    `  if [ $# -lt 3 ]; then ${given}; fi`,
    '  local ns="/run/netns/$P-${1#"$P-"}"',
    '  case "$2" in',
    '    icmp) nsenter --net="$ns" ping -c 1 -W 3 "$3" ;;',
    '    tcp) nsenter --net="$ns" timeout 4 bash -c "exec 3<>/dev/tcp/$3/$4" && echo "$3:$4 answered" ;;',
    '    udp) nsenter --net="$ns" timeout 4 bash -c "exec 3<>/dev/udp/$3/$4; echo packetwalk >&3; read -r -t 3 line <&3 && echo \\"$3:$4 answered\\"" ;;',
    '  esac',
    '}',
  ];
}
