import type { DpAction } from '../openflow/types.ts';
import type { At } from '../sim.ts';
import type { Run } from './datapath.ts';

type ControllerAction = Extract<DpAction, { kind: 'controller' }>;

/** OVN's opcodes by their number (enum action_opcode, include/ovn/actions.h); newer releases add to the end. */
const OPCODES: readonly string[] = [
  'arp', 'put_arp', 'put_dhcp_opts', 'nd_na', 'put_nd', 'put_dhcpv6_opts', 'dns_lookup', 'log', 'put_nd_ra_opts', 'nd_ns', 'icmp4', 'tcp_reset', 'nd_na_router', 'put_icmp4_frag_mtu',
  'icmp4_error', 'event', 'igmp', 'bind_vport', 'handle_svc_check', 'dhcp6_server', 'icmp6_error', 'put_icmp6_frag_mtu', 'reject', 'bfd_msg', 'sctp_abort', 'put_fdb', 'activation_strategy_rarp',
];

/** Those by which the controller only remembers something, while the packet itself goes on. */
const REMEMBERED: ReadonlySet<string> = new Set(['put_arp', 'put_nd', 'put_fdb', 'log']);

/** The action of OVN that a rule's userdata names; undefined: it is none of OVN's. */
export function ovnActionOf({ action }: ControllerAction): string | undefined {
  const bytes = action.userdata?.split('.').slice(0, 4).map((b) => Number.parseInt(b, 16));
  if (bytes?.length !== 4) return undefined;
  return OPCODES[bytes.reduce((n, b) => n * 256 + b, 0)];
}

/** A copy for the controller alone: what becomes of the packet does not hang on it. */
export const isCopyForController = (action: ControllerAction): boolean => REMEMBERED.has(ovnActionOf(action) ?? '');

/** execute_controller_action(): the packet is the controller's now. */
export function controllerAct(run: Run, action: ControllerAction): void {
  const { sim, ns, skb } = run;
  const at: At = { ns, dev: action.bridge };
  const what = ovnActionOf(action);
  sim.emit(at, skb, { kind: 'ovs-action', bridge: action.bridge, action: { kind: 'controller', reason: action.action.reason, what } });
  if (isCopyForController(action)) return;
  sim.unknown(at, skb, 'controller', what ?? action.action.reason);
}
