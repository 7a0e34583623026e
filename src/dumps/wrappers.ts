/*
 * What people put in front of a command to run it as root, on another machine or in another network namespace.
 */

/** A command without its wrappers, and where they ran it. */
export interface Unwrapped {
  readonly words: readonly string[];
  /** The machine, where a wrapper names it. */
  readonly host: string | undefined;
  /** The network namespace, where a wrapper names it. */
  readonly netns: string | undefined;
  /** The pod that it was run in (`kubectl exec web -- …`): its own network or that of its node, which the command does not say. */
  readonly pod: string | undefined;
}

/** Options of each wrapper that take the next word for their value. */
const CONTAINERS = '-c --context -H --host -e --env --env-file -u --user -w --workdir --detach-keys';
const CLUSTER = '-n --namespace --context --kubeconfig --image --as -c --container';
const VALUED: ReadonlyMap<string, string> = new Map(Object.entries({
  sudo: '-u -g -h -p -C -T -U -D -R --user --group --host --chdir',
  timeout: '-s -k --signal --kill-after',
  ssh: '-B -b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w',
  docker: CONTAINERS,
  podman: CONTAINERS,
  nerdctl: CONTAINERS,
  nsenter: '-t --target -S --setuid -G --setgid',
  oc: CLUSTER,
  kubectl: CLUSTER,
}));

const MAX_WRAPPERS = 8;

/** Takes the wrappers off, from the outside in. Words of a command that is in quotation marks, as `ssh n1 "ip a"`, lose these. */
export function unwrapped(given: readonly string[]): Unwrapped {
  let now: Unwrapped = { words: given.map((w) => w.replace(/^["']|["']$/g, '')).filter((w) => w !== ''), host: undefined, netns: undefined, pod: undefined };
  for (let guard = 0; guard < MAX_WRAPPERS; guard++) {
    const next = withoutOne(now.words);
    if (!next) break;
    // What is entered later is where the command runs; another machine has namespaces of its own.
    now = { words: next.words, host: next.host ?? now.host, netns: next.netns ?? (next.host === undefined ? now.netns : undefined), pod: next.netns === undefined && next.host === undefined ? (next.pod ?? now.pod) : undefined };
  }
  return now;
}

function withoutOne(words: readonly string[]): Unwrapped | undefined {
  const [first = '', ...args] = words;
  const name = first.slice(first.lastIndexOf('/') + 1);
  const to = (rest: readonly string[], host?: string, netns?: string, pod?: string): Unwrapped => ({ words: rest, host, netns, pod });
  const { options, rest } = behindOptions(name, args);
  // LANG=C ip addr
  if (/^[A-Za-z_]\w*=/.test(first)) return to(args);
  switch (name) {
    case 'sudo':
    case 'time':
    case 'command':
    case 'env':
      return to(rest);
    case 'chroot':
    case 'timeout':
      return to(rest.slice(1));
    case 'ip':
      if (args[0] === 'netns' && args[1] === 'exec') return to(args.slice(3), undefined, args[2]);
      return args[0] === '-n' || args[0] === '-netns' ? to(['ip', ...args.slice(2)], undefined, args[1]) : undefined;
    case 'ssh':
      return rest.length < 2 ? undefined : to(rest.slice(1), rest[0]?.replace(/^.*@/, ''));
    case 'nsenter':
      return to(rest, undefined, enteredNetns(options));
    case 'docker':
    case 'podman':
    case 'nerdctl': {
      const [verb, ...behind] = rest[0] === 'container' ? rest.slice(1) : rest;
      const [container, ...command] = behindOptions(name, behind).rest;
      return verb === 'exec' && container !== undefined ? to(command, container) : undefined;
    }
    case 'oc':
    case 'kubectl': {
      const [verb, ...behind] = rest;
      const [on, ...command] = behindOptions(name, behind).rest;
      if (on === undefined) return undefined;
      const inside = behindOptions(name, command).rest;
      if (verb === 'debug' && /^nodes?\/./.test(on)) return to(inside, on.replace(/^nodes?\//, ''));
      return verb === 'exec' || verb === 'rsh' ? to(inside, undefined, undefined, on.slice(on.lastIndexOf('/') + 1)) : undefined;
    }
    default:
      return undefined;
  }
}

/** The options at the start, and the words behind them. `--` ends the options. */
function behindOptions(name: string, args: readonly string[]): { readonly options: readonly string[]; readonly rest: readonly string[] } {
  const valued = (VALUED.get(name) ?? '').split(' ');
  let at = 0;
  while (at < args.length && args[at]?.startsWith('-')) {
    const word = args[at] ?? '';
    at++;
    if (word === '--') return { options: args.slice(0, at - 1), rest: args.slice(at) };
    if (valued.includes(word)) at++;
  }
  return { options: args.slice(0, at), rest: args.slice(at) };
}

/** The name of the network namespace that nsenter goes into: that of its file, or of the process; undefined for that of process 1, which is the machine's own, and where it stays. */
function enteredNetns(options: readonly string[]): string | undefined {
  const file = options.map((o) => /^(?:--net=|-n=?)(\/.*)$/.exec(o)?.[1]).find((f) => f !== undefined);
  if (file !== undefined) {
    const pid = /^\/proc\/(\d+)\/ns\/net$/.exec(file)?.[1];
    return pid === undefined ? file.slice(file.lastIndexOf('/') + 1) : netnsOfProcess(pid);
  }
  const enters = options.some((o) => o === '--net' || o === '--all' || /^-[a-z]*[na][a-z]*$/.test(o));
  const at = options.findIndex((o) => o === '-t' || o === '--target');
  const target = options.map((o) => /^(?:--target=|-t=?)(\d+)$/.exec(o)?.[1]).find((t) => t !== undefined) ?? (at < 0 ? undefined : options[at + 1]);
  return enters && target !== undefined ? netnsOfProcess(target) : undefined;
}

const netnsOfProcess = (pid: string): string | undefined => (pid === '1' ? undefined : `pid-${pid}`);
