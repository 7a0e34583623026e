import { chainName } from '../names.ts';
import { action, type FelixAction, type FelixChain, type FelixMatch, type FelixRule, match } from '../rule.ts';
import type { RuleContext, Workload } from './node.ts';
import { denyAction } from './policyChain.ts';

/** Where a rule for an interface leads. */
type LeadTo = (workload: Workload) => FelixAction;

interface Tree {
  readonly root: readonly FelixRule[];
  readonly children: readonly FelixChain[];
}

/** The longest text that all begin with. */
function commonPrefix(names: readonly string[]): string {
  const [first = '', ...rest] = names;
  let length = first.length;
  for (const name of rest) while (!name.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}

/**
 * A shallow tree: interfaces by the first character in which they differ; where several share it, they stand in a chain of their own
 * that ends as the root does (buildSingleDispatchChains(), felix/rules/dispatch.go).
 */
function tree(chain: string, infix: string, workloads: readonly Workload[], interfaceMatch: (dev: string) => FelixMatch, lead: LeadTo, end: readonly FelixRule[]): Tree {
  const sorted = workloads.toSorted((a, b) => (a.dev < b.dev ? -1 : 1));
  const prefix = commonPrefix(sorted.map((w) => w.dev));
  const groups = new Map<string, Workload[]>();
  for (const w of sorted) {
    const start = w.dev.slice(0, prefix.length + 1);
    groups.set(start, [...(groups.get(start) ?? []), w]);
  }
  const leaf = (w: Workload): FelixRule => ({ match: [interfaceMatch(w.dev)], action: lead(w), because: w.pod.because });
  const root: FelixRule[] = [];
  const children: FelixChain[] = [];
  for (const [start, group] of groups) {
    const [only] = group;
    if (group.length === 1 && only) {
      root.push(leaf(only));
      continue;
    }
    const name = `${chain}${infix}-${start.slice(prefix.length)}`;
    root.push({ match: [interfaceMatch(`${start}+`)], action: action.goTo(name), because: only?.pod.because });
    children.push({ name, rules: [...group.map(leaf), ...end] });
  }
  return { root: [...root, ...end], children };
}

/** `cali-from-wl-dispatch` and `cali-to-wl-dispatch`: to the chain of the pod that a packet comes from, or goes to. */
export function dispatchChains(context: RuleContext): readonly FelixChain[] {
  const end: readonly FelixRule[] = [{ comments: ['Unknown interface'], action: denyAction(context.settings), because: context.because }];
  return ([['cali-from-wl-dispatch', match.inInterface, 'cali-fw-'], ['cali-to-wl-dispatch', match.outInterface, 'cali-tw-']] as const).flatMap(([name, by, prefix]) => {
    const { root, children } = tree(name, '', context.workloads, by, (w) => action.goTo(chainName(prefix, w.dev)), end);
    return [...children, { name, rules: root }];
  });
}

/** Marks that say from which interface a packet came, for OUTPUT, where nothing else does: set by the one chain, read by the other. Only with IPVS. */
export function endpointMarkChains({ workloads, settings, because }: RuleContext): readonly FelixChain[] {
  const { marks, features } = settings;
  const mask = marks.endpoint;
  const infix = features.dropMark ? '-wep' : '';
  const { root, children } = tree('cali-set-endpoint-mark', infix, workloads, match.inInterface, (w) => action.goTo(chainName('cali-sm-', w.dev)), []);
  const sorted = workloads.toSorted((a, b) => (a.dev < b.dev ? -1 : 1));
  return [
    ...children,
    {
      name: 'cali-set-endpoint-mark',
      rules: [
        ...root,
        { comments: ['Unknown endpoint'], match: [match.inInterface('cali+')], action: denyAction(settings), because },
        { comments: ['Non-Cali endpoint mark'], action: action.setMaskedMark(marks.noEndpoint, mask), because },
      ],
    },
    {
      name: 'cali-from-endpoint-mark',
      rules: [
        ...sorted.map((w) => ({ match: [match.mark(w.mark, mask)], action: action.goTo(chainName('cali-fw-', w.dev)), because: w.pod.because })),
        { comments: ['Unknown interface'], action: denyAction(settings), because },
      ],
    },
    ...workloads.map((w) => ({ name: chainName('cali-sm-', w.dev), rules: [{ action: action.setMaskedMark(w.mark, mask), because: w.pod.because }] })),
  ];
}
