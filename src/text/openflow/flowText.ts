import type { OvsStep, Step, StepBase } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { formatIp4 } from '../../packet/address.ts';
import type { Header } from '../../packet/packet.ts';
import { protocolName } from '../../packet/protocols.ts';
import type { OvsBridge } from '../../world/openflow.ts';

/** A port's name as a flow has it: in quotes unless it is letters and digits alone. */
const quoted = (name: string): string => (/^[A-Za-z][A-Za-z0-9]*$/.test(name) || /^\d+$/.test(name) ? name : JSON.stringify(name));

/** The packet of a step that enters a bridge of Open vSwitch as a flow for `ofproto/trace`: `in_port=tun0,tcp,nw_src=…`. */
export function flowText(trace: Trace, step: StepBase & OvsStep, bridge: OvsBridge | undefined): string {
  const out = [`in_port=${quoted(step.port)}`, ...tunnelWords(trace, step, bridge)];
  for (const header of step.packet) {
    const words = headerWords(header);
    if (words === undefined) break; // what lies further in is nothing to the tables
    out.push(...words);
  }
  return out.join(',');
}

/** What the tunnel header had that was taken off right before. */
function tunnelWords(trace: Trace, step: Step, bridge: OvsBridge | undefined): readonly string[] {
  const before = trace.steps.slice(0, step.id).findLast((s) => s.packetId === step.packetId && (s.kind === 'decap' || s.kind === 'ovs' || s.kind === 'send'));
  if (before?.kind !== 'decap' || before.host !== step.host) return [];
  return [...(before.vni === undefined ? [] : [`tun_id=0x${before.vni.toString(16)}`]), `tun_src=${formatIp4(before.outerSrc)}`, `tun_dst=${formatIp4(before.outerDst)}`, ...optionWords(trace, before, bridge)];
}

/** Options of the Geneve header that the bridge has a field for. */
function optionWords(trace: Trace, decap: Step, bridge: OvsBridge | undefined): readonly string[] {
  const outer = trace.steps.slice(0, decap.id).findLast((s) => s.packetId === decap.packetId && s.packet.some((h) => h.type === 'geneve'));
  const geneve = outer?.packet.find((h) => h.type === 'geneve');
  return (geneve?.options ?? []).flatMap((option) => {
    const field = bridge?.tlvs.find((t) => t.optClass === option.optClass && t.optType === option.optType);
    return field && option.hex !== '' ? [`tun_metadata${field.index}=0x${option.hex}`] : [];
  });
}

/** Protocols that have a word of their own, with what that word means for the address fields. */
const WORDS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', 'icmp']);

function headerWords(header: Header): readonly string[] | undefined {
  switch (header.type) {
    case 'eth':
      return [`dl_src=${header.src}`, `dl_dst=${header.dst}`];
    case 'arp':
      return ['arp', `arp_op=${header.op === 'request' ? 1 : 2}`, `arp_spa=${formatIp4(header.spa)}`, `arp_tpa=${formatIp4(header.tpa)}`, `arp_sha=${header.sha}`];
    case 'ipv4': {
      const name = protocolName(header.proto);
      return [...(WORDS.has(name) ? [name] : ['ip', `nw_proto=${header.proto}`]), `nw_src=${formatIp4(header.src)}`, `nw_dst=${formatIp4(header.dst)}`, `nw_ttl=${header.ttl}`];
    }
    case 'tcp':
    case 'udp':
    case 'sctp':
      return [`${header.type}_src=${header.sport}`, `${header.type}_dst=${header.dport}`];
    case 'icmp':
      return [`icmp_type=${header.icmptype}`, `icmp_code=${header.code}`];
    default:
      return undefined;
  }
}
