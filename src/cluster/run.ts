import type { DiagnosticList } from '../dumps/diagnostic.ts';
import { isTableName } from '../dumps/iptablesSave.ts';
import type { Because } from './because.ts';
import type { HostDraft } from './draft/host.ts';
import type { NetnsDraft } from './draft/netns.ts';
import type { MachineSpec } from './objects/fabric.ts';

/** Commands about devices and routes run at once, those about rules when rules are first asked for. */
export type Phase = 'wiring' | 'firewall';

const FIREWALL: ReadonlySet<string> = new Set(['iptables', 'ipset', 'ipvsadm']);

/**
 * Carries out what a Fabric says was typed on a machine: the small changes that break a cluster, and mend it. `ip netns exec NAME` in
 * front runs a command in a pod. Rules are in the spelling of iptables-save. What is not understood is reported and left out.
 */
export function runCommands(host: HostDraft, machine: MachineSpec, phase: Phase, found: DiagnosticList): void {
  for (const [i, command] of machine.run.entries()) {
    let words = wordsOf(command);
    let netns: NetnsDraft | undefined = host.own;
    if (words[0] === 'ip' && words[1] === 'netns' && words[2] === 'exec') {
      netns = host.has(words[3] ?? '') ? host.netns(words[3] ?? null) : undefined;
      words = words.slice(4);
    }
    const program = words[0] ?? '';
    if (FIREWALL.has(program) !== (phase === 'firewall')) continue;
    const because: Because = { ...machine.because, part: command };
    if (!netns || !run(netns, program, words.slice(1), because)) found.add('bad-command', machine.runAt(i), command);
  }
}

/** Words, with quotes kept as iptables-save writes them around comments. */
const wordsOf = (command: string): readonly string[] => command.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];

function run(netns: NetnsDraft, program: string, words: readonly string[], because: Because): boolean {
  switch (program) {
    case 'sysctl':
      return sysctl(netns, words, because);
    case 'ip':
      return ip(netns, words, because);
    case 'bridge':
      return bridge(netns, words, because);
    case 'iptables':
      return iptables(netns, words, because);
    case 'ipset':
      return ipset(netns, words, because);
    case 'ipvsadm':
      return ipvsadm(netns, words);
    case 'conntrack':
      return conntrack(netns, words, because);
    default:
      return false;
  }
}

const add = (change: () => void): true => {
  change();
  return true;
};

function sysctl(netns: NetnsDraft, words: readonly string[], because: Because): boolean {
  const [, key, value] = /^([a-z0-9_./-]+)=(-?\w+)$/i.exec(words.filter((w) => w !== '-w').join('')) ?? [];
  if (key === undefined || value === undefined) return false;
  netns.sysctl(key, value, because);
  // The kernel copies conf.all.forwarding to every device, and ip_forward is that key by another name (devinet_sysctl_forward(), net/ipv4/devinet.c).
  if (key === 'net.ipv4.ip_forward') for (const other of ['net.ipv4.conf.all.forwarding', 'net.ipv4.conf.default.forwarding']) netns.sysctl(other, value, because);
  return true;
}

function ip(netns: NetnsDraft, words: readonly string[], because: Because): boolean {
  const [object = '', action = '', ...rest] = words;
  const text = rest.join(' ');
  switch (`${object} ${action}`) {
    case 'route add':
    case 'route replace':
      return add(() => netns.route(text, because));
    case 'route del':
      return netns.removeRoute(text);
    case 'neigh add':
    case 'neigh replace':
      return add(() => netns.neighbour(text.replace(/ nud (\w+)$/, (_, state: string) => ` ${state.toUpperCase()}`), because));
    case 'neigh del':
      return netns.removeNeighbour(text);
    case 'rule add': {
      const [, priority, selector] = /^(?:pref|prio|priority) (\d+) (.*)$/.exec(text) ?? [];
      return priority !== undefined && selector !== undefined && add(() => netns.rule(`${priority}:\t${selector.startsWith('from') ? '' : 'from all '}${selector}`, because));
    }
    case 'addr add':
    case 'addr del':
      return address(netns, action, rest, because);
    case 'link set':
      return link(netns, rest[0] === 'dev' ? rest.slice(1) : rest);
    default:
      return false;
  }
}

function address(netns: NetnsDraft, action: string, [text = '', , dev = '']: readonly string[], because: Because): boolean {
  const known = netns.find(dev);
  if (!known) return false;
  const others = (known.addresses ?? []).filter((a) => a.address !== text);
  if (action === 'del') return others.length < (known.addresses?.length ?? 0) && netns.change(dev, { addresses: others });
  return netns.change(dev, { addresses: [...others, { address: text, because }] });
}

function link(netns: NetnsDraft, [dev = '', key, value]: readonly string[]): boolean {
  if (key === 'down') netns.forgetDevice(dev);
  if (key === 'up' || key === 'down') return netns.change(dev, { up: key === 'up' });
  return key === 'mtu' && /^\d{2,5}$/.test(value ?? '') && netns.change(dev, { mtu: Number(value) });
}

function bridge(netns: NetnsDraft, words: readonly string[], because: Because): boolean {
  const [object, action, ...rest] = words;
  if (object === 'fdb' && action === 'add') return add(() => netns.fdbEntry(rest.join(' '), because));
  if (object === 'fdb' && action === 'del') return netns.removeFdbEntry(rest.join(' '));
  if (object !== 'link' || action !== 'set' || rest[0] !== 'dev') return false;
  const known = netns.find(rest[1] ?? '');
  return known !== undefined && netns.change(known.name, { portText: [known.portText, rest.slice(2).join(' ')].filter(Boolean).join(' ') });
}

function iptables(netns: NetnsDraft, words: readonly string[], because: Because): boolean {
  const at = words.indexOf('-t');
  const table = at < 0 ? 'filter' : (words[at + 1] ?? '');
  const [action, chain = '', ...args] = at < 0 ? words : words.filter((_, i) => i !== at && i !== at + 1);
  if (!isTableName(table)) return false;
  const { firewall } = netns;
  const text = args.join(' ');
  switch (action) {
    case '-A':
      return add(() => firewall.append(table, chain, text, because));
    case '-I':
      return add(() => firewall.prepend(table, chain, text, because));
    case '-D':
      return firewall.remove(table, chain, text);
    case '-N':
      return add(() => firewall.chain(table, chain));
    case '-F':
      return add(() => firewall.flush(table, chain === '' ? undefined : chain));
    case '-P':
      return (text === 'ACCEPT' || text === 'DROP') && add(() => firewall.policy(table, chain, text));
    default:
      return false;
  }
}

function ipset(netns: NetnsDraft, [action, name = '', ...rest]: readonly string[], because: Because): boolean {
  const text = rest.join(' ');
  if (action === 'create') return add(() => netns.sets.create(name, text, because));
  if (!netns.sets.has(name)) return false;
  return action === 'add' ? add(() => netns.sets.add(name, text, because)) : action === 'del' && netns.sets.remove(name, text);
}

/** The original direction's field that an option of `conntrack -D` is about (src/conntrack.c of conntrack-tools). */
const FLOW_FILTERS: Readonly<Record<string, string>> = { '-s': 'src', '--src': 'src', '--orig-src': 'src', '-d': 'dst', '--dst': 'dst', '--orig-dst': 'dst', '--sport': 'sport', '--orig-port-src': 'sport', '--dport': 'dport', '--orig-port-dst': 'dport' };

/** `conntrack -D -p udp --orig-dst ADDRESS` deletes all entries that fit; as there, finding none is an error. */
function conntrack(netns: NetnsDraft, [action, ...rest]: readonly string[], because: Because): boolean {
  if (action === '-L') return add(() => netns.connection(rest.join(' '), because));
  const filters: ((words: readonly string[]) => boolean)[] = [];
  for (let i = 0; i + 1 < rest.length; i += 2) {
    const [option = '', value = ''] = rest.slice(i);
    const field = FLOW_FILTERS[option];
    if (option === '-p' || option === '--proto') filters.push((words) => words[0] === value);
    else if (field) filters.push((words) => words.find((w) => w.startsWith(`${field}=`)) === `${field}=${value}`);
    else return false;
  }
  return action === '-D' && rest.length % 2 === 0 && netns.removeConnections((line) => filters.every((fits) => fits(line.split(/\s+/))));
}

/** `ipvsadm -d -t VIP:PORT -r ADDRESS:PORT`. */
function ipvsadm(netns: NetnsDraft, [action, kind, vip, , real = '']: readonly string[]): boolean {
  return action === '-d' && netns.ipvs.removeReal(`${kind} ${vip}`, real);
}
