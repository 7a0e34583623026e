import { type IcmpHeader, l4Of, type Packet, withIp } from '../../packet/packet.ts';
import { FIELDS, type FieldSpec } from '../../world/openflowFields.ts';
import { resume } from '../openflow/translate.ts';
import type { Frozen } from '../openflow/types.ts';
import type { At } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { keyFlow, MAX_PASSES, pass, type Run } from './datapath.ts';
import { setBits } from './flow.ts';
import { switchOf } from './switch.ts';
import { readBit } from './wireActions.ts';

/*
 * Questions for which the tables wait (`pause`): ovn-controller looks at the packet, says in one bit of a register whether it made an
 * answer of it, and gives it back to where it stopped (controller/pinctrl.c, ofputil_encode_resume()).
 */

/** struct dhcp_header with its cookie, and a message type: with less there is nothing to answer (pinctrl_handle_put_dhcp_opts()). */
const DHCP_HEADER = 236;
const DHCP_SHORTEST = DHCP_HEADER + 4 + 3;
/** What stands around the options of an answer: cookie, message type, padding and end. */
const DHCP_FRAME = 16;

/** DNS_HEADER_LEN, with a name of no labels, type and class behind it. */
const DNS_HEADER = 12;
const DNS_SHORTEST = DNS_HEADER + 1 + 4;

/** What a packet may ask of DHCP, as the options of a choice. */
const DHCP_QUESTIONS = ['DHCPDISCOVER', 'DHCPREQUEST', 'DHCPREQUEST for another address', 'no question that is answered'] as const;
const DNS_ANSWERS = ['the name is not known', 'the name has one IPv4 address'] as const;

/** Carries out what `what` names, if it is one of these questions and its parts can be read; false: nothing was done. */
export function answerPaused(run: Run, what: string | undefined, content: readonly number[], frozen: Frozen | undefined): boolean {
  if (!frozen) return false;
  switch (what) {
    case 'put_dhcp_opts':
      return dhcp(run, content, frozen);
    case 'dns_lookup':
      return dns(run, content, frozen);
    case 'put_icmp4_frag_mtu':
      return fragMtu(run, content, frozen);
    default:
      return false;
  }
}

const payloadOf = (packet: Packet): number => packet.reduce((sum, h) => sum + (h.type === 'payload' ? h.bytes : 0), 0);

/** pinctrl_handle_put_dhcp_opts(): field and bit of the answer, the address on offer, and the options to send with it. */
function dhcp(run: Run, content: readonly number[], frozen: Frozen): boolean {
  const { sim, ns, skb } = run;
  const result = readBit(content, 0);
  if (!result || content.length < 12 || l4Of(skb.packet)?.type !== 'udp') return false;
  if (content.length === 12 || payloadOf(skb.packet) < DHCP_SHORTEST) return giveBack(run, skb, frozen, result, false);
  const asked = sim.choose({ at: ns.host.name, kind: 'ovn-dhcp', options: DHCP_QUESTIONS, odds: DHCP_QUESTIONS.map(() => 1 / DHCP_QUESTIONS.length), splits: true });
  if (asked === 3) return giveBack(run, skb, frozen, result, false);
  const offer = content.slice(8, 12).reduce((n, b) => n * 256 + b, 0);
  const options = asked === 2 ? 0 : content.length - 12;
  // Simplified: the client does not ask for a broadcast (the flag of RFC 2131 §2), and is no iPXE.
  return answer(run, withIp(udpOf(skb.packet, DHCP_HEADER + DHCP_FRAME + options), { dst: offer }), frozen, result);
}

/** The UDP packet with as many bytes in it. */
const udpOf = (packet: Packet, bytes: number): Packet => [...packet.filter((h) => h.type !== 'payload'), { type: 'payload', bytes }];

/** pinctrl_handle_dns_lookup(): the question comes back with the answer behind it. */
function dns(run: Run, content: readonly number[], frozen: Frozen): boolean {
  const { sim, ns, skb } = run;
  const result = readBit(content, 0);
  if (!result || l4Of(skb.packet)?.type !== 'udp') return false;
  const marked = { ...frozen, flow: frozen.flow.slice() };
  // set_from_ctrl_flag_in_pkt_metadata(), since OVN 25.03: MLF_FROM_CTRL_BIT of MFF_LOG_FLAGS; no release before uses that bit.
  const flags = FIELDS.get('reg10');
  if (flags) setBit(marked.flow, flags, 19, true);
  const asked = payloadOf(skb.packet);
  if (asked < DNS_SHORTEST) return giveBack(run, skb, marked, result, false);
  if (sim.choose({ at: ns.host.name, kind: 'ovn-dns', options: DNS_ANSWERS, odds: [0.5, 0.5], splits: true }) === 0) return giveBack(run, skb, marked, result, false);
  // dns_build_a_answer(): the name again, type, class, time to live, length and the address. Simplified: the question has nothing behind it.
  const record = asked - DNS_HEADER - 4 + 14;
  return answer(run, udpOf(skb.packet, asked + record), marked, result);
}

/** pinctrl_handle_put_icmp_frag_mtu(), until OVN 24.03: the MTU of an ICMP error that the controller made before. */
function fragMtu(run: Run, content: readonly number[], frozen: Frozen): boolean {
  const { skb } = run;
  const l4 = l4Of(skb.packet);
  if (l4?.type !== 'icmp' || content.length < 2) return false;
  const told: IcmpHeader = { ...l4, mtu: (content[0] ?? 0) * 256 + (content[1] ?? 0) };
  return giveBack(run, { ...skb, packet: skb.packet.map((h) => (h === l4 ? told : h)) }, frozen, undefined, true);
}

/** The question ends here, and what OVN made of it begins. */
function answer(run: Run, packet: Packet, frozen: Frozen, result: Result): true {
  const { sim, ns, skb } = run;
  const at: At = { ns, dev: run.bridge };
  sim.emit(at, skb, { kind: 'deliver', to: 'controller' });
  sim.end(at, skb, 'delivered');
  const own: Skb = { ...skb, id: sim.newPacketId(), role: 'reply', packet, flood: undefined };
  sim.emit(at, own, { kind: 'send', what: 'answer' });
  return giveBack(run, own, frozen, result, true);
}

interface Result {
  readonly field: FieldSpec;
  readonly bit: number;
}

function setBit(flow: Frozen['flow'], field: FieldSpec, bit: number, value: boolean): void {
  const mask = Array.from({ length: field.words }, (_, i) => (i === field.words - 1 - (bit >> 5) ? (1 << (bit & 31)) >>> 0 : 0));
  setBits(flow, field.name, value ? mask : mask.map(() => 0), mask);
}

/** nxt_resume(): from where it stopped, with the packet as it is now and the answer in its bit. */
export function giveBack(run: Run, skb: Skb, frozen: Frozen, result: Result | undefined, success: boolean): true {
  const { sim, ns } = run;
  if (run.passes >= MAX_PASSES) {
    sim.unknown({ ns, dev: run.bridge }, skb, 'bound', `${MAX_PASSES} passes`);
    return true;
  }
  const flow = frozen.flow.slice();
  if (result) setBit(flow, result.field, result.bit, success);
  const next: Run = { ...run, skb, passes: run.passes + 1, recircs: [] };
  const outer = sim.parent;
  sim.parent = undefined;
  pass(next, resume(switchOf(next), { ...frozen, flow }, keyFlow(next)), 'controller');
  sim.parent = outer;
  return true;
}
