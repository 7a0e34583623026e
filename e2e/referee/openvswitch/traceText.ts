/*
 * Reads what `ovs-appctl ofproto/trace` prints (ofproto/ofproto-dpif-trace.c): one block for each time that the packet comes to the
 * tables, each a tree of bridges, tables and actions.
 */

/** One look-up in one table. */
export interface RealVisit {
  readonly bridge: string;
  /** It stands under the first heading of its pass, and not under that of a bridge that the packet went on to. */
  readonly first: boolean;
  readonly table: number;
  /** undefined: no rule matches. `text` as printed, without priority and cookie; '' matches all. */
  readonly rule: { readonly match: string; readonly priority: number; readonly cookie: string } | undefined;
}

export interface RealPass {
  /** The heading of a pass that goes on after conntrack or a hash; undefined for the first. */
  readonly resumed: string | undefined;
  /** The flow as the pass began, and as it ended. */
  readonly flow: string;
  readonly final: string;
  readonly visits: readonly RealVisit[];
  /** Buckets that were taken: `bucket` is its number in the dump. */
  readonly buckets: readonly { readonly group: number; readonly bucket: number }[];
  /** ` >> …`: what was refused, and limits. */
  readonly warnings: readonly string[];
  readonly actions: string;
  /** `Translation failed (Recursion too deep), packet is dropped.` */
  readonly failure: string | undefined;
}

type NodeKind = 'bridge' | 'table' | 'other';

interface TraceNode {
  readonly kind: NodeKind;
  readonly text: string;
  readonly children: readonly TraceNode[];
}

interface Line {
  readonly kind: NodeKind;
  readonly text: string;
  /** In steps of four. */
  readonly indent: number;
}

/** Tables below 10 (`%2d. `), details and warnings (` -> `) have a space of their own in front, which does not count. */
function readLine(text: string): Line {
  const body = text.trimStart();
  const kind = /^bridge\(".*"\)$/.test(body) ? 'bridge' : /^(?:\d+|--)\. /.test(body) ? 'table' : 'other';
  return { kind, text: body, indent: Math.floor((text.length - body.length) / 4) };
}

/**
 * The tree that oftrace_node_print_details() printed. A node of `level` stands one step to the right of it, and what it holds two
 * levels deeper, unless it is the last of its list and no action: then it stands at the level, and what it holds does not go deeper.
 */
function readTree(lines: readonly Line[]): readonly TraceNode[] {
  let at = 0;
  const list = (level: number): readonly TraceNode[] => {
    const nodes: TraceNode[] = [];
    for (let line = lines[at]; line !== undefined; line = lines[at]) {
      if (line.indent !== level && line.indent !== level + 1) break;
      at++;
      const last = line.indent === level;
      nodes.push({ kind: line.kind, text: line.text, children: list(last ? level : level + 2) });
      if (last) break;
    }
    return nodes;
  };
  return list(0);
}

/** The rule that a switch hides in each table for packets that match no other (ofproto_dpif's no_packet_in_rule and miss_rule), as seen from another bridge. */
const HIDDEN = /^reg0=0x[12], priority 0$/;

function visitOf({ bridge, first }: Pick<RealVisit, 'bridge' | 'first'>, text: string): RealVisit | undefined {
  const [, table = '', rest = ''] = /^(\d+|--)\. (.*)$/.exec(text) ?? [];
  if (table === '--' || table === '') return undefined;
  // Fragments that the bridge drops are not looked up.
  if (rest.startsWith('No match') || rest.startsWith('Packets are IP fragments') || HIDDEN.test(rest)) return { bridge, first, table: Number(table), rule: undefined };
  const [, match = '', priority = '0', cookie = '0'] = /^(.*?)(?:, )?priority (\d+)(?:, cookie 0x([0-9a-f]+))?$/.exec(rest) ?? [];
  return { bridge, first, table: Number(table), rule: { match, priority: Number(priority), cookie } };
}

function readPass(block: string, resumed: string | undefined): RealPass {
  const lines = block.split('\n');
  const line = (start: string): string => lines.find((l) => l.startsWith(start))?.slice(start.length) ?? '';
  const from = lines.findIndex((l) => l.startsWith('bridge("'));
  const to = lines.findIndex((l) => l.startsWith('Final flow: '));
  const body = from === -1 ? [] : lines.slice(from, to).filter((l) => l.trim() !== '' && !/^ *-+$/.test(l));
  const visits: RealVisit[] = [];
  const buckets: { group: number; bucket: number }[] = [];
  const warnings: string[] = [];
  let headings = 0;
  const walk = (nodes: readonly TraceNode[], under: Pick<RealVisit, 'bridge' | 'first'>): void => {
    let group: number | undefined;
    for (const { kind, text, children } of nodes) {
      const visit = kind === 'table' ? visitOf(under, text) : undefined;
      if (visit) visits.push(visit);
      if (text.startsWith('>>')) warnings.push(text);
      if (text.startsWith('group:')) group = Number(text.slice('group:'.length));
      const bucket = /^bucket (\d+)$/.exec(text)?.[1];
      if (bucket !== undefined && group !== undefined) buckets.push({ group, bucket: Number(bucket) });
      walk(children, kind === 'bridge' ? { bridge: text.slice('bridge("'.length, -'")'.length), first: headings++ === 0 } : under);
    }
  };
  walk(readTree(body.map(readLine)), { bridge: '', first: true });
  return {
    resumed,
    flow: line('Flow: '),
    final: line('Final flow: '),
    visits,
    buckets,
    warnings,
    actions: line('Datapath actions: '),
    failure: lines.find((l) => l.startsWith('Translation failed')),
  };
}

/** The passes of one trace, in the order in which the switch tells them. */
export function readTrace(text: string): readonly RealPass[] {
  const [first = '', ...rest] = text.split(/^={79}\n/m);
  const passes = [readPass(first, undefined)];
  // Between two lines of `=` stands the heading, after them the pass.
  for (let i = 0; i + 1 < rest.length; i += 2) passes.push(readPass(rest[i + 1] ?? '', (rest[i] ?? '').trim()));
  return passes;
}
