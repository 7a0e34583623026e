import type { SourceRef } from '../world/source.ts';
import type { Unmodelled } from '../world/world.ts';
import type { Lines } from './diagnostic.ts';
import { wordsOf } from './words.ts';

/** Tables that iptables-nft makes for itself; what they hold is in iptables-save. */
const IPTABLES_NFT = /^table ip (?:raw|mangle|nat|filter|security) \{/;

/**
 * Tables of `nft list ruleset` that can have an effect on IPv4: with a rule, or with a base chain that drops by policy. Tables of
 * iptables-nft count only when `hasIptables` is false: then no dump shows their rules in a form that we read.
 */
export function readNftRuleset({ input, firstLine, lines }: Lines, hasIptables: boolean): readonly Unmodelled[] {
  const found: Unmodelled[] = [];
  let table: { readonly name: string; readonly source: SourceRef; readonly counts: boolean; acts: boolean } | undefined;
  let depth = 0;
  let inChain = false;
  for (const [i, raw] of lines.entries()) {
    const line = raw.trim();
    if (depth === 0 && line.startsWith('table ')) {
      const [, family = '', name = ''] = line.split(' ');
      const counts = family !== 'ip6' && (!IPTABLES_NFT.test(line) || !hasIptables);
      table = { name: `${family} ${name}`, source: { input, line: firstLine + i }, counts, acts: false };
    } else if (table && depth === 1) inChain = line.startsWith('chain ');
    else if (table && depth >= 2 && inChain && line !== '' && line !== '}' && !line.startsWith('#')) {
      // `type filter hook input priority 0; policy drop;` is no rule, but its policy may be.
      if (!line.startsWith('type ') || /policy drop/.test(line)) table.acts = true;
    }
    depth = Math.max(0, depth + (line.match(/\{/g)?.length ?? 0) - (line.match(/\}/g)?.length ?? 0));
    if (table && depth === 0) {
      if (table.acts && table.counts) found.push({ what: 'nft-ruleset', dev: undefined, name: table.name, source: table.source });
      table = undefined;
    }
  }
  // A listing that was cut off is still a ruleset.
  if (table?.acts && table.counts) found.push({ what: 'nft-ruleset', dev: undefined, name: table.name, source: table.source });
  return found;
}

/** Queueing disciplines that only hold or order packets. */
const PLAIN_QDISCS: ReadonlySet<string> = new Set(['noqueue', 'fq_codel', 'pfifo_fast', 'pfifo', 'bfifo', 'mq', 'fq', 'sfq', 'codel', 'cake', 'htb', 'hfsc', 'prio', 'tbf']);

/** Filters of `tc filter show` and queueing disciplines of `tc qdisc show` that can change or drop packets; `dev` from the command. */
export function readTc({ input, firstLine, lines }: Lines, dev: string | undefined): readonly Unmodelled[] {
  const found = new Map<string, Unmodelled>();
  for (const [i, line] of lines.entries()) {
    const words = wordsOf(line);
    const source: SourceRef = { input, line: firstLine + i };
    const devAt = words.indexOf('dev');
    const on = devAt >= 0 ? words[devAt + 1] : dev;
    const kind = words[1] ?? '';
    if (words[0] === 'filter') {
      // The same filter takes several lines; one entry for each device and program is enough.
      const program = words.find((w) => /\.o:|^cil_|^cali_|^bpf_/.test(w)) ?? words[words.indexOf('pref') + 2] ?? 'filter';
      if (!found.has(`${on ?? ''} ${program}`)) found.set(`${on ?? ''} ${program}`, { what: 'tc', dev: on, name: program, source });
    } else if (words[0] === 'qdisc' && !PLAIN_QDISCS.has(kind)) {
      found.set(`${on ?? ''} ${kind}`, { what: 'tc', dev: on, name: kind, source });
    }
  }
  return [...found.values()];
}

/** Attached programs of `bpftool net`: lines such as `eth0(2) clsact/ingress cil_from_netdev id 815`. */
export function readBpftoolNet({ input, firstLine, lines }: Lines): readonly Unmodelled[] {
  const found: Unmodelled[] = [];
  for (const [i, line] of lines.entries()) {
    const [, dev, rest] = /^\s*([^\s():]{1,32})\(\d+\)\s+(\S.*)$/.exec(line) ?? [];
    if (dev !== undefined && rest !== undefined) found.push({ what: 'ebpf', dev, name: rest.trim(), source: { input, line: firstLine + i } });
  }
  return found;
}

/** IPsec policies of `ip xfrm policy`; those of single sockets do not count. */
export function readXfrmPolicy({ input, firstLine, lines }: Lines): readonly Unmodelled[] {
  const found: Unmodelled[] = [];
  for (const [i, line] of lines.entries()) {
    const next = lines[i + 1] ?? '';
    if (/^src \S+ dst \S+/.test(line) && !next.includes('socket ') && !/src \S*:/.test(line)) {
      found.push({ what: 'xfrm', dev: undefined, name: line.trim(), source: { input, line: firstLine + i } });
    }
  }
  return found;
}
