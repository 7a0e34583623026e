import type { Step } from '../engine/step.ts';
import { findNetns } from '../world/lookup.ts';
import type { World } from '../world/world.ts';

/**
 * What of the kernel a step relies on, as short names: `match:tcp --dport`, `target:DNAT --to-destination`, `set:hash:ip,port`,
 * `route:input forward`, `tunnel:vxlan encap`. The referee counts by them what a kernel agreed with; the page tells by them which steps
 * are verified.
 */
export function featuresOf(world: World, step: Step): readonly string[] {
  switch (step.kind) {
    case 'rule':
      return [...matchFeatures(step.text), ...setTypes(world, step), ...(step.matched === true ? [targetFeature(step.text)] : [])];
    case 'skipped':
      return ['rules:long chain'];
    case 'table':
      return [`hook:${step.hook} ${step.table}`];
    case 'policy':
      return [`policy:${step.policy}`];
    case 'conntrack':
      return [`conntrack:${step.op} ${step.state}`];
    case 'nat':
      return [`nat:${step.manip} by ${step.by}${step.undo ? ' undone' : ''}`];
    case 'fib':
      return [`route:${step.purpose} ${step.result}`];
    case 'rp-filter':
      return [`rp_filter:${step.mode}`];
    case 'ttl':
      return [`ttl:${step.by}`];
    case 'mtu':
      return [`mtu:${step.by} ${step.action}`];
    case 'fragment':
    case 'reassemble':
    case 'pmtu':
    case 'redirect':
      return [`ip:${step.kind}`];
    case 'ipvs':
      return [`ipvs:${step.op}`, ...(step.scheduler === undefined ? [] : [`ipvs:${step.scheduler}`])];
    case 'encap':
    case 'decap':
      return [`tunnel:${step.tunnel} ${step.kind}`];
    case 'ovs':
      return [`ovs:${step.how}`];
    case 'openflow':
      return step.rule ? [...step.conditions.map((c) => `openflow:match ${c.field}`), ...step.rule.actions.map((a) => `openflow:${a.kind}`)] : ['openflow:miss'];
    case 'ovs-action':
      return [`ovs:${step.action.kind}`];
    case 'bridge':
      return [`bridge:${step.op}`];
    case 'neighbour':
      return [`neighbour:${step.how}`];
    case 'arp':
      return [`arp:${step.by}`];
    case 'send':
      return [step.icmp ? `icmp:${step.icmp.icmptype}/${step.icmp.code}` : `send:${step.what}`];
    case 'deliver':
      return [`deliver:${step.to}`];
    case 'drop':
      return [`drop:${step.reason}`];
    case 'receive':
    case 'transmit':
      return [`device:${step.kind}${step.kind === 'receive' && step.otherhost ? ' otherhost' : ''}`];
    case 'left':
    case 'unknown':
      return [];
  }
}

/** Tests of ip_packet_match(), which need no `-m`. */
const STANDARD: Readonly<Record<string, string>> = { '-s': 'address', '-d': 'address', '-i': 'interface', '-o': 'interface', '-p': 'protocol', '-f': 'fragment' };

/** Matches with their options, behind `-A CHAIN`. */
function matchFeatures(text: string): readonly string[] {
  const found = new Set<string>();
  let module: string | undefined;
  const words = text.split(' ');
  for (const [i, word] of words.entries()) {
    if (word === '-j' || word === '-g') break;
    const standard = Object.hasOwn(STANDARD, word) ? STANDARD[word] : undefined;
    if (standard !== undefined) found.add(`match:${standard}`);
    else if (word === '-m') module = words[i + 1];
    else if (word.startsWith('--') && module !== undefined && module !== 'comment') found.add(`match:${module} ${word}`);
    else if (module === 'comment' && word === '--comment') found.add('match:comment');
  }
  return [...found];
}

/** The target with the option that says how; a chain is a jump. */
function targetFeature(text: string): string {
  const at = / -([jg]) (\S+)(?: (--\S+))?(?: (icmp-\S+|tcp-reset))?/.exec(text);
  if (!at) return 'target:none';
  const [, how, name = '', option, kind] = at;
  if (how === 'g') return 'target:goto';
  return /^[A-Z0-9]+$/.test(name) && (option !== undefined || BARE.has(name)) ? `target:${[name, kind ?? option].filter((w) => w !== undefined).join(' ')}` : 'target:jump';
}

/** Targets that may stand without an option; another name in capitals is somebody's chain. */
const BARE: ReadonlySet<string> = new Set(['ACCEPT', 'DROP', 'RETURN', 'QUEUE', 'NFQUEUE', 'REJECT', 'MASQUERADE', 'REDIRECT', 'LOG', 'NFLOG', 'TRACE', 'NOTRACK', 'CT', 'CHECKSUM']);

/** Types of the sets that a rule asks, by the dump of its namespace. */
function setTypes(world: World, step: Extract<Step, { kind: 'rule' }>): readonly string[] {
  const names = [...step.text.matchAll(/--(?:match-set|add-set|del-set|map-set) (\S+)/g)].map((m) => m[1]);
  if (names.length === 0) return [];
  const sets = findNetns(world, step.host, step.netns)?.ipsets ?? [];
  return names.flatMap((name) => sets.filter((s) => s.name === name).map((s) => `set:${s.typeText}`));
}
