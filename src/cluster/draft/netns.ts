import type { Ip4 } from '../../packet/address.ts';
import { wordsOf } from '../../dumps/words.ts';
import type { ArpProgram } from '../../world/world.ts';
import type { Because } from '../because.ts';
import { BridgeDraft } from './bridge.ts';
import { type DeviceSpec, type PlacedDevice, printDevice } from './device.ts';
import { Firewall } from './firewall.ts';
import { Paper } from './paper.ts';
import { Sets } from './sets.ts';
import { VirtualServers } from './virtualServers.ts';

interface Line {
  readonly text: string;
  readonly because: Because | undefined;
}

/** Finds the ifindex of a device elsewhere. */
export type FindDevice = (place: { readonly host?: string; readonly netns: string | null; readonly dev: string }) => number | undefined;

/**
 * A network namespace while the programs of a machine fill it. All texts are in the spelling in which the command of that name prints
 * them; routes that addresses make (`proto kernel`) come by themselves.
 */
export class NetnsDraft {
  readonly #devices = new Map<string, PlacedDevice>();
  readonly #routes = new Map<string, Line>();
  readonly #rules: Line[] = [];
  readonly #neighbours = new Map<string, Line>();
  readonly #fdb: Line[] = [];
  readonly #conntrack: Line[] = [];
  readonly #sysctls = new Map<string, { readonly value: string; readonly because: Because | undefined }>();
  readonly #listings: { readonly command: string; readonly text: string; readonly because: Because | undefined }[] = [];
  readonly #arpPrograms: { readonly ip: Ip4; readonly dev: string; readonly program: string; readonly because: Because | undefined }[] = [];
  readonly #bridges = new Map<string, BridgeDraft>();
  #sockets: Line[] | undefined;
  readonly firewall = new Firewall();
  readonly sets = new Sets();
  readonly ipvs = new VirtualServers();

  readonly name: string | null;

  constructor(name: string | null) {
    this.name = name;
    this.device({ name: 'lo', kind: 'loopback', mtu: 65_536, addresses: [{ address: '127.0.0.1/8' }] });
  }

  /** Adds a device behind the others; an existing one of that name is replaced in its place. */
  device(spec: DeviceSpec): void {
    this.#devices.set(spec.name, { spec, ifindex: this.#devices.get(spec.name)?.ifindex ?? this.#devices.size + 1 });
  }

  /** Changes a device that is there; false when it is not. */
  change(name: string, changes: Partial<Omit<DeviceSpec, 'name'>>): boolean {
    const known = this.find(name);
    if (known) this.device({ ...known, ...changes });
    return known !== undefined;
  }

  find(name: string): DeviceSpec | undefined {
    return this.#devices.get(name)?.spec;
  }

  /** In the order of their ifindex. */
  get devices(): readonly DeviceSpec[] {
    return [...this.#devices.values()].map((d) => d.spec);
  }

  ifindex(name: string): number | undefined {
    return this.#devices.get(name)?.ifindex;
  }

  /** A line of `ip route show table all`: `10.0.0.0/24 via 10.1.0.1 dev eth0`. The same destination, table and metric is replaced. */
  route(text: string, because?: Because): void {
    this.#routes.set(routeKey(text), { text, because });
  }

  removeRoute(text: string): boolean {
    return this.#routes.delete(routeKey(text));
  }

  /** What goes when a device is set down: routes and neighbours by it, permanent ones, too (fib_disable_ip(), net/ipv4/fib_frontend.c; neigh_ifdown()). */
  forgetDevice(dev: string): void {
    const isBy = ({ text }: Line): boolean => !text.includes(' nexthop ') && ` ${text} `.includes(` dev ${dev} `);
    for (const lines of [this.#routes, this.#neighbours]) for (const [key, line] of lines) if (isBy(line)) lines.delete(key);
  }

  /** Routes that were given, without those that addresses make. */
  get routes(): readonly string[] {
    return [...this.#routes.values()].map((l) => l.text);
  }

  /** A line of `ip rule`: `32000:	from all fwmark 0x1 lookup 100`. */
  rule(text: string, because?: Because): void {
    this.#rules.push({ text, because });
  }

  /** A line of `ip neigh`: `10.0.0.2 dev eth0 lladdr 02:… REACHABLE`. The same address and device is replaced. */
  neighbour(text: string, because?: Because): void {
    this.#neighbours.set(neighbourKey(text), { text, because });
  }

  removeNeighbour(text: string): boolean {
    return this.#neighbours.delete(neighbourKey(text));
  }

  /** A line of `bridge fdb`. */
  fdbEntry(text: string, because?: Because): void {
    this.#fdb.push({ text, because });
  }

  removeFdbEntry(text: string): boolean {
    return remove(this.#fdb, (l) => l.text === text);
  }

  sysctl(key: string, value: string | number, because?: Because): void {
    this.#sysctls.set(key, { value: String(value), because });
  }

  sysctlOf(key: string): string | undefined {
    return this.#sysctls.get(key)?.value;
  }

  /** A socket that listens, in the words of `ss -lntu`: `tcp`, `0.0.0.0:80`. Without any call every port answers. */
  listen(proto: 'tcp' | 'udp', local: string, because?: Because): void {
    this.#sockets ??= [];
    const text = proto === 'tcp' ? `tcp   LISTEN 0      4096   ${local}      0.0.0.0:*` : `udp   UNCONN 0      0      ${local}      0.0.0.0:*`;
    if (!this.#sockets.some((l) => l.text === text)) this.#sockets.push({ text, because });
  }

  /** A program answers ARP requests for the address on the device. No command shows it, so it is printed nowhere. */
  answerArp(ip: Ip4, dev: string, program: string, because?: Because): void {
    this.#arpPrograms.push({ ip, dev, program, because });
  }

  get arpPrograms(): readonly ArpProgram[] {
    return this.#arpPrograms.map(({ because, ...program }) => ({ ...program, source: because?.source }));
  }

  /** A line of `conntrack -L`. */
  connection(text: string, because?: Because): void {
    this.#conntrack.push({ text, because });
  }

  /** Takes out the lines of `conntrack -L` that are meant; false when there are none. */
  removeConnections(which: (line: string) => boolean): boolean {
    const kept = this.#conntrack.filter((l) => !which(l.text));
    return this.#conntrack.splice(0, this.#conntrack.length, ...kept).length > kept.length;
  }

  /** A bridge of Open vSwitch; `mac` is its own port's. An existing one of that name is replaced. */
  bridge(name: string, mac: string, because?: Because): BridgeDraft {
    const bridge = new BridgeDraft(name, mac, because);
    this.#bridges.set(name, bridge);
    return bridge;
  }

  get hasBridges(): boolean {
    return this.#bridges.size > 0;
  }

  findBridge(name: string): BridgeDraft | undefined {
    return this.#bridges.get(name);
  }

  /** What another command prints about it, with line breaks: `nft list ruleset`. */
  listing(command: string, text: string, because?: Because): void {
    this.#listings.push({ command, text, because });
  }

  /** What is cheap to know about it: devices, addresses, routes, neighbours, FDB, sysctls, sockets, bridges and their ports. */
  printWiring(find: FindDevice): Paper {
    const paper = new Paper();
    const devices = new Paper();
    for (const device of this.#devices.values()) devices.addAll(printDevice(device, this.name, device.spec.peer && find(device.spec.peer)));
    paper.section('ip -d addr show', devices);
    paper.section('ip route show', printed([...this.#routes.values(), ...this.#connected()]), true);
    if (this.#rules.length > 0) paper.section('ip rule show', printed(sortedRules(this.#rules)));
    paper.section('ip neigh show', printed([...this.#neighbours.values()]));
    paper.section('bridge fdb show', printed(this.#fdb));
    paper.section('sysctl -a', printed([...this.#sysctls].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, { value, because }]): Line => ({ text: `${key} = ${value}`, because }))), true);
    if (this.#sockets) paper.section('ss -lntu', printed([{ text: 'Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process', because: undefined }, ...this.#sockets]));
    paper.section('conntrack -L', printed(this.#conntrack));
    for (const { command, ...line } of this.#listings) paper.section(command, printed([line]));
    this.#printBridges(paper);
    return paper;
  }

  /** What its bridges do: rules and groups. */
  printOpenFlow(): Paper {
    const paper = new Paper();
    for (const bridge of this.#bridges.values()) {
      paper.section(`ovs-ofctl -O OpenFlow13 dump-flows ${bridge.name}`, bridge.printFlows());
      paper.section(`ovs-ofctl -O OpenFlow13 dump-groups ${bridge.name}`, bridge.printGroups());
    }
    return paper;
  }

  #printBridges(paper: Paper): void {
    if (this.#bridges.size === 0) return;
    const members = new Paper();
    for (const bridge of this.#bridges.values()) members.addAll(bridge.printMembers());
    paper.section('ovs-vsctl show', members);
    for (const bridge of this.#bridges.values()) paper.section(`ovs-ofctl -O OpenFlow13 show ${bridge.name}`, bridge.printPorts());
  }

  /** Rules, sets and virtual servers. */
  printFirewall(): Paper {
    const paper = new Paper();
    paper.section('iptables-save', this.firewall.print());
    paper.section('ipset save', this.sets.print());
    paper.section('ipvsadm -Sn', this.ipvs.print());
    return paper;
  }

  /** Routes of table main that the kernel makes from addresses (fib_add_ifaddr(), net/ipv4/fib_frontend.c). */
  #connected(): readonly Line[] {
    return this.devices.flatMap((spec) =>
      spec.kind === 'loopback' || spec.up === false
        ? []
        : (spec.addresses ?? [])
            .filter((a) => !a.noPrefixRoute && !a.routeDeleted)
            .flatMap((a): readonly Line[] => {
            const route = connectedRoute(a.address, spec.name);
            return route === undefined || this.#routes.has(routeKey(route)) ? [] : [{ text: route, because: a.because ?? spec.because }];
          }),
    );
  }
}

function connectedRoute(address: string, dev: string): string | undefined {
  const [ip = '', length = '32'] = address.split('/');
  const prefixLen = Number(length);
  if (prefixLen === 32) return undefined;
  const parts = ip.split('.').map(Number);
  const network = parts.map((part, i) => part & (0xff00 >> Math.min(8, Math.max(0, prefixLen - 8 * i))) & 0xff);
  return `${network.join('.')}/${prefixLen} dev ${dev} proto kernel scope link src ${ip}`;
}

/** What makes two routes the same for the kernel: type and destination, table, tos, metric. */
function routeKey(text: string): string {
  const words = wordsOf(text);
  const dst = /^(?:blackhole|unreachable|prohibit|throw|local|broadcast)$/.test(words[0] ?? '') ? words[1] : words[0];
  const after = (word: string, otherwise: string): string => words[words.indexOf(word) + 1 || words.length] ?? otherwise;
  return [dst?.replace(/\/32$/, ''), after('table', 'main'), after('metric', '0')].join(' ');
}

const neighbourKey = (text: string): string => text.split(' ').slice(0, 3).join(' ');

function remove(lines: Line[], which: (line: Line) => boolean): boolean {
  const at = lines.findIndex(which);
  if (at >= 0) lines.splice(at, 1);
  return at >= 0;
}

const sortedRules = (rules: readonly Line[]): readonly Line[] =>
  [...[0, 32_766, 32_767].map((n, i): Line => ({ text: `${n}:\tfrom all lookup ${['local', 'main', 'default'][i] ?? ''}`, because: undefined })), ...rules].toSorted((a, b) => Number.parseInt(a.text, 10) - Number.parseInt(b.text, 10));

function printed(lines: readonly Line[]): Paper {
  const paper = new Paper();
  for (const { text, because } of lines) paper.add(text, because);
  return paper;
}
