import type { SourceRef } from '../world/source.ts';
import { BOUNDS } from './bounds.ts';

/** What can be said about an input. Sentences are made in text/. `text` is the offending part, verbatim. */
export type DiagnosticCode =
  // sections and files
  | 'unknown-section' // text: the command, or the first line when no command is known
  | 'other-command' // a command whose output we do not read, where another one says the same; text: that command → the other
  | 'exec-in-pod' // `kubectl exec` does not say whose network the pod has; text: the pod
  | 'command-failed' // the section holds an error message instead of output; text: the message
  | 'filtered-output' // the command was piped through grep or limited to a part (`-t nat`); text: the command
  | 'duplicate-section' // the same command twice for one namespace and they differ; text: the command
  | 'ipv6-skipped' // IPv6 is not modelled; text: the first line that was skipped
  | 'several-bundles' // two sets of hosts side by side, the first is used; text: its name and the names left out
  | 'no-host' // nothing in the input belongs to a machine
  | 'binary-skipped' // text: the path
  | 'too-large' // a bound was hit; text: the path or line that was left out
  | 'too-many-files' // text: the first path that was left out
  | 'too-many-diagnostics' // more were found than are kept
  | 'bad-archive' // text: what is wrong with it: its name
  | 'bad-path' // a path that leaves the bundle or is too long; text: the path
  // lines
  | 'unknown-line' // no line that this command prints
  | 'unknown-match' // an iptables match that the engine cannot decide
  | 'unknown-target'
  | 'unknown-attribute' // of a route, a policy rule, a virtual server
  | 'unknown-set-type'
  | 'unknown-table' // an iptables table that we do not know
  | 'unknown-action' // of a policy rule, or an ipvsadm forwarding method
  | 'bad-address'
  | 'bad-number'
  | 'truncated' // `*table` without COMMIT, a device without its second line
  // references
  | 'unknown-chain' // a jump to a chain that the table does not have; text: the chain
  | 'undeclared-chain' // rules for a chain that no `:CHAIN` line declares; text: the chain
  | 'unknown-set' // a rule names a set that is not in the dump; text: the set
  | 'missing-ipset' // rules name sets and there is no `ipset save` at all; text: the first set
  | 'unknown-device' // a route, neighbour or FDB entry names a device that is not there; text: the device
  | 'unknown-service' // a real server of a virtual server that is not in the dump; text: the server
  | 'duplicate-chain'
  | 'duplicate-set'
  | 'duplicate-table' // rules in the same table from two backends; text: the table
  // the world
  | 'unmodelled' // something that the engine does not model yet; text: its name
  | 'no-link-details' // `ip link` without -d: kinds of devices are guessed from their looks
  | 'veth-peer-missing' // the other end of a veth is in no dump; text: the device
  | 'veth-peer-ambiguous' // several devices could be the other end; text: the device
  | 'local-table-derived' // no dump shows table local: its routes are made from the addresses, as the kernel does
  | 'missing-links' // addresses of devices that no listing shows (`ip -o addr` alone); text: the command to run
  | 'missing-iptables' // a node without iptables-save is walked as if it had no rules; text: the node
  | 'missing-sysctls' // a node without `sysctl -a` gets what nodes have; text: the node
  | 'missing-ipvs' // kube-proxy's IPVS device, but no listing of virtual servers; text: the command to run
  | 'missing-rules' // routes in a table of its own, and no `ip rule` that says who is sent there; text: the table
  | 'missing-routes' // devices with addresses, but no `ip route`; text: the command to run
  | 'duplicate-address' // two hosts own one address on a physical NIC; text: the address
  // Open vSwitch
  | 'ovs-no-flows' // a bridge whose rules are in no dump; text: the command to run
  | 'ovs-no-ports' // rules, but no listing of the ports' numbers; text: the command to run
  | 'ovs-no-types' // nothing tells which ports are tunnels or patch ports; text: the command to run
  | 'ovs-no-groups' // rules use groups that are in no dump; text: the command to run
  | 'ovs-no-tlv-map' // rules use tunnel options, and no dump says which; text: the command to run
  | 'ovs-ports-assumed' // rules name ports whose numbers no dump tells; text: the command to run
  | 'ovs-bridge-unnamed' // a listing that does not say which bridge it is about; text: the command or the first line
  | 'ovs-conntrack-status' // entries of dump-conntrack that do not tell whether a reply was seen; text: the command to run
  | 'unknown-openflow' // an action or a condition of a rule; text: as the dump has it
  // network plugins
  | 'bad-json' // JSON inside a ConfigMap or an annotation that cannot be read, or lacks what it must have; text: its key
  | 'no-pod-cidr' // no subnet is left for a node's pods; text: the node
  | 'pod-outside-subnet' // a pod's address is not in the subnet of its node; text: the pod
  | 'next-hop-off-link' // the kernel refuses this route; text: the node and the route
  | 'no-kernel-interface' // an interface that lives in a program, not in the kernel; text: the pod and the interface
  | 'assumed-pf' // no object says which NIC gives the virtual functions; text: the node and the NIC taken
  | 'second-route' // a pod has a route to that destination already; text: the pod and the route
  // load balancers
  | 'address-assigned' // a LoadBalancer service got its address from a pool; text: the service and the address
  | 'no-free-address' // no pool has an address for it; text: the service
  | 'not-announced' // its address is in a pool that no advertisement names; text: the service and the address
  | 'bgp-peer-silent' // no router of the Fabric with that address speaks BGP; text: the address
  | 'pod-outside-pools' // no IPPool of Calico has a pod's address; text: the pod and its address
  // objects
  | 'bad-yaml'
  | 'unknown-object' // a kind that we have no use for; text: the kind
  | 'bad-object' // an object without what it must have; text: its kind and name
  | 'bad-field' // a field whose value cannot be used; text: its path, the value, what would be right
  | 'missing-object' // an object names another one that is not there; text: `Pod default/a: Node n9`
  | 'duplicate-object' // the same kind and name twice, the last counts; text: kind and name
  | 'bad-command' // a command of a Fabric's `run` that is not understood; text: the command
  // kube-proxy
  | 'proxy-version-assumed' // the Node does not say which kube-proxy it has; text: the version taken
  | 'userspace-mode' // kube-proxy's userspace mode, which is not modelled
  | 'proxy-version-mapped' // another version stands in for it; text: `1.26 → 1.25`
  | 'service-headless' // text: namespace/name
  | 'service-external-name' // text: namespace/name
  | 'service-other-proxy'; // labelled for another proxy; text: namespace/name

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  /** The file's path in the bundle; '' when it concerns the whole input. */
  readonly input: string;
  /** 1-based, in the file as given; 0 when it concerns the whole file. */
  readonly line: number;
  /** The offending part, verbatim, cut to 200 characters. */
  readonly text: string;
}

export type Severity = 'error' | 'warning' | 'info';

export interface Parsed<T> {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** Lines of one command's output and where they stand. */
export interface Lines {
  readonly input: string;
  /** Line number of the first one, 1-based. */
  readonly firstLine: number;
  readonly lines: readonly string[];
}

const SEVERITY: Readonly<Partial<Record<DiagnosticCode, Severity>>> = {
  'no-host': 'error',
  'bad-archive': 'error',
  'bad-path': 'error',
  'bad-yaml': 'error',
  'several-bundles': 'info',
  'unknown-section': 'info',
  'ipv6-skipped': 'info',
  'binary-skipped': 'info',
  'no-link-details': 'info',
  'veth-peer-missing': 'info',
  'local-table-derived': 'info',
  'unknown-object': 'info',
  'ovs-ports-assumed': 'info',
  'too-many-diagnostics': 'info',
  'no-kernel-interface': 'info',
  'assumed-pf': 'info',
  'address-assigned': 'info',
  'bgp-peer-silent': 'info',
  'proxy-version-assumed': 'info',
  'proxy-version-mapped': 'info',
  'service-headless': 'info',
  'service-external-name': 'info',
  'service-other-proxy': 'info',
};

/** One diagnostic; its severity follows from its code. */
export function diagnose(code: DiagnosticCode, at: SourceRef, text: string): Diagnostic {
  return { severity: SEVERITY[code] ?? 'warning', code, input: at.input, line: at.line, text: text.slice(0, 200) };
}

/** Collects diagnostics up to BOUNDS.diagnostics and says so when there were more. */
export class DiagnosticList {
  readonly items: Diagnostic[] = [];
  private readonly said = new Set<DiagnosticCode>();
  private readonly ignored: (item: Diagnostic) => boolean;

  /** `ignored`: what nobody needs to hear; it does not count against the bound either. */
  constructor(ignored: (item: Diagnostic) => boolean = () => false) {
    this.ignored = ignored;
  }

  add(code: DiagnosticCode, at: SourceRef, text: string): void {
    this.push(diagnose(code, at, text));
  }

  /** Adds only the first of its code. */
  once(code: DiagnosticCode, at: SourceRef, text: string): void {
    if (this.said.has(code)) return;
    this.said.add(code);
    this.add(code, at, text);
  }

  addAll(items: readonly Diagnostic[]): void {
    for (const item of items) this.push(item);
  }

  private push(item: Diagnostic): void {
    if (this.ignored(item)) return;
    if (this.items.length < BOUNDS.diagnostics) this.items.push(item);
    else if (this.items.length === BOUNDS.diagnostics) this.items.push(diagnose('too-many-diagnostics', { input: '', line: 0 }, ''));
  }
}
