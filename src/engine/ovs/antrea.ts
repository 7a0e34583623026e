import type { Ip4, Mac } from '../../packet/address.ts';
import { type IcmpHeader, ipOf, l4Of, type Packet, PROTO_ICMP, PROTO_TCP, TCP_ACK, TCP_RST } from '../../packet/packet.ts';
import { OFPP, type OpenFlowAction, type OpenFlowRule, type OvsBridge } from '../../world/openflow.ts';
import { emptyFlow, ETH, W, word } from '../openflow/fields.ts';
import type { Run } from './datapath.ts';
import type { Frozen } from '../openflow/types.ts';
import { type ControllerAction, inject, ownSkb, tellSent } from './packetOut.ts';
import { giveBack } from './paused.ts';

/*
 * What Antrea's agent does with the packets that its rules hand to it. The first byte of the userdata says which part of the agent it is
 * for, the second what is to be done (pkg/agent/openflow/packetin.go); registers say the same once more, since 1.13 with these bits
 * (pkg/agent/openflow/fields.go).
 */

/** `policy-log`: only remembered, for a log or for flow export. */
export type AntreaAsk = 'service-reject' | 'policy-reject' | 'policy-log' | 'dns-response';

const [CATEGORY_NP, CATEGORY_DNS, CATEGORY_SVC_REJECT] = [1, 2, 4];
const NP_REJECT = 0b10;
/** SvcNoEpRegMark, OutputToControllerRegMark in OutputRegField, PacketInOperationField. */
const isServiceWithoutEndpoints = (reg0: number): boolean => (reg0 & 0x4000) !== 0;
const isForAgent = (reg0: number, operations: number): boolean => ((reg0 >>> 21) & 3) === 2 && reg0 >>> 25 === operations;
const GENERATED_REJECT: OpenFlowAction = { kind: 'set_field', field: 'reg0', value: [0x2000], mask: [0x2000] };
/** openflow.GlobalVirtualMAC (pkg/agent/openflow/pipeline.go). */
const VIRTUAL_MAC = 'aa:bb:cc:dd:ee:ff';

const reg = ({ flow }: ControllerAction, n: number): number => word(flow, W.reg0 + n);

/** What of Antrea's a packet is handed over for; undefined: it is none of Antrea's, or of a release that marks it otherwise. */
export function antreaAskOf(action: ControllerAction): AntreaAsk | undefined {
  const [category, operations, ...more] = (action.action.userdata ?? '').split('.').map((b) => Number.parseInt(b, 16));
  if (more.length > 0) return undefined;
  if (action.action.pause) return category === CATEGORY_DNS && operations === undefined && word(action.flow, W.tpSrc) === 53 ? 'dns-response' : undefined;
  if (category === CATEGORY_SVC_REJECT && operations === undefined && isServiceWithoutEndpoints(reg(action, 0))) return 'service-reject';
  if (category !== CATEGORY_NP || operations === undefined || !isForAgent(reg(action, 0), operations)) return undefined;
  return (operations & NP_REJECT) !== 0 ? 'policy-reject' : 'policy-log';
}

/** Carries it out; false: the dump does not say enough. */
export function antreaAct(run: Run, action: ControllerAction, ask: AntreaAsk, frozen: Frozen | undefined): boolean {
  const { sim, ns, skb } = run;
  const bridge = ns.host.ovs?.find((b) => b.name === action.bridge);
  if (!bridge || !skb.eth || skb.packet[0]?.type !== 'ipv4') return false;
  // HandlePacketIn() (pkg/agent/controller/networkpolicy/fqdn.go): once the rules know the addresses, the response goes on as it is. Simplified: they do in time.
  if (ask === 'dns-response') return frozen !== undefined && tableNamed(bridge, 'AntreaPolicyIngressRule') !== undefined && giveBack(run, skb, frozen, undefined, true);
  const { dst: src, src: dst } = skb.eth;
  // HandlePacketIn() (pkg/agent/proxy/proxier.go): straight out where it came in.
  const way: Way | undefined = ask === 'service-reject' ? { inPort: OFPP.LOCAL, src, dst, actions: [{ kind: 'output', port: word(action.flow, W.inPort) }] } : wayOfReject(bridge, action, skb.packet, { src, dst });
  if (!way) return false;
  sim.emit({ ns, dev: action.bridge }, skb, { kind: 'drop', reason: 'openflow-answered' });
  sim.end({ ns, dev: action.bridge }, skb, 'dropped');
  const { packet, icmp } = rejection(skb.packet);
  const own = ownSkb(run, packet, { ...skb.eth, src: way.src, dst: way.dst });
  tellSent(run, action.bridge, own, icmp);
  inject(run, action.bridge, emptyFlow(), own, way.actions, way.inPort);
  return true;
}

/** SendRejectPacketOut() (pkg/agent/openflow/packetout.go): a reset, or host administratively prohibited with a header and eight bytes. */
function rejection(about: Packet): { readonly packet: Packet; readonly icmp?: IcmpHeader } {
  const { src, dst, proto } = ipOf(about);
  const l4 = l4Of(about);
  const ip = { type: 'ipv4', src: dst, dst: src, proto: proto === PROTO_TCP ? PROTO_TCP : PROTO_ICMP, ttl: 128, tos: 0, df: false, mf: false, offset: 0 } as const;
  if (l4?.type === 'tcp') return { packet: [ip, { type: 'tcp', sport: l4.dport, dport: l4.sport, flags: TCP_RST | TCP_ACK, optionBytes: 0 }] };
  const icmp: IcmpHeader = { type: 'icmp', icmptype: 3, code: 10, quote: { packet: about, bytes: 28 } };
  return { packet: [ip, icmp], icmp };
}

interface Way {
  readonly inPort: number;
  readonly src: Mac;
  readonly dst: Mac;
  readonly actions: readonly OpenFlowAction[];
}

/**
 * rejectRequest() (pkg/agent/controller/networkpolicy/reject.go), with `sender` whom the rejection is said to come from, and `client` who
 * gets it. Who is on this node stands in the rules of ARPSpoofGuard, which ports are gateway and tunnel in those of Classifier.
 */
function wayOfReject(bridge: OvsBridge, action: ControllerAction, about: Packet, { src, dst }: { readonly src: Mac; readonly dst: Mac }): Way | undefined {
  const { src: client, dst: sender } = ipOf(about);
  const flows = bridge.flows ?? [];
  const [from, to] = [localAt(flows, sender), localAt(flows, client)];
  const gateway = portOfSource(flows, FROM_GATEWAY);
  // Without AntreaProxy services are the host's, and its kube-proxy's packets go another way (rejectNoAPService…): not modelled.
  if (gateway === undefined || !hasProxy(flows)) return undefined;
  const isDirect = to?.port === word(action.flow, W.inPort);
  const isService = ((reg(action, 4) >>> 16) & 2) !== 0;
  if (!isService && from && isDirect) return { inPort: from.port, src: from.mac, dst: to.mac, actions: [GENERATED_REJECT, { kind: 'output', port: to.port }] };
  if (!isService && from) return again(bridge, action, 'L3Forwarding', { inPort: from.port, src, dst });
  if (!isService) return isDirect ? { inPort: gateway.port, src, dst, actions: [GENERATED_REJECT, { kind: 'output', port: to.port }] } : undefined;
  if (from && isDirect) return again(bridge, action, 'ConntrackZone', { inPort: from.port, src, dst });
  if (from) return anew({ inPort: from.port, src, dst });
  if (isDirect) return anew({ inPort: gateway.port, src, dst });
  if (((reg(action, 0) >>> 4) & 0xf) === FROM_TUNNEL) {
    const tunnel = portOfSource(flows, FROM_TUNNEL);
    return tunnel && anew({ inPort: tunnel.port, src, dst: VIRTUAL_MAC });
  }
  const mac = localMac(flows, gateway.port);
  return mac === undefined ? undefined : anew({ inPort: gateway.port, src, dst: mac });
}

/** output:TABLE, which ends each of these messages that names no port (PacketOut.GetMessage() of antrea-io/ofnet). */
const FROM_FIRST_TABLE: OpenFlowAction = { kind: 'resubmit', port: undefined, table: 0, ct: false };

const anew = (way: Omit<Way, 'actions'>): Way => ({ ...way, actions: [GENERATED_REJECT, FROM_FIRST_TABLE] });

/** From a table in the middle, with the zone of the packet that was rejected (CtZoneField); its number is known by name alone. */
function again(bridge: OvsBridge, action: ControllerAction, name: string, way: Omit<Way, 'actions'>): Way | undefined {
  const table = tableNamed(bridge, name);
  if (table === undefined) return undefined;
  const zone: OpenFlowAction = { kind: 'set_field', field: 'reg8', value: [reg(action, 8) & 0xffff], mask: [0xffff] };
  return { ...way, actions: [GENERATED_REJECT, zone, { kind: 'resubmit', port: undefined, table, ct: false }, FROM_FIRST_TABLE] };
}

function tableNamed({ tableNames = {} }: OvsBridge, name: string): number | undefined {
  const found = Object.keys(tableNames).find((number) => tableNames[number] === name);
  return found === undefined ? undefined : Number(found);
}

const valueOf = ({ match }: OpenFlowRule, field: string): readonly number[] | undefined => match.find((m) => m.field === field && m.mask === undefined)?.value;

interface Local {
  readonly port: number;
  readonly mac: Mac;
}

const macOf = (words: readonly number[]): Mac => words.flatMap((w, i) => (i === 0 ? [w >>> 8, w] : [w >>> 24, w >>> 16, w >>> 8, w])).map((b) => (b & 255).toString(16).padStart(2, '0')).join(':');

/** The interface of a pod, or of the gateway, with that address: arpSpoofGuardFlow() has port, address and MAC together. */
function localAt(flows: readonly OpenFlowRule[], ip: Ip4): Local | undefined {
  return flows.flatMap((f) => (valueOf(f, 'arp_spa')?.[0] === ip ? spoofGuard(f) : []))[0];
}

function spoofGuard(rule: OpenFlowRule): readonly Local[] {
  const [port, mac] = [valueOf(rule, 'in_port')?.[0], valueOf(rule, 'arp_sha')];
  return valueOf(rule, 'dl_type')?.[0] === ETH.arp && port !== undefined && mac ? [{ port, mac: macOf(mac) }] : [];
}

const localMac = (flows: readonly OpenFlowRule[], port: number): Mac | undefined => flows.flatMap(spoofGuard).find((l) => l.port === port)?.mac;

/** Values of PktSourceField and PktDestinationField. */
const [FROM_TUNNEL, FROM_GATEWAY] = [1, 2];

/** The port whose packets are marked as coming from there. */
function portOfSource(flows: readonly OpenFlowRule[], source: number): { readonly port: number } | undefined {
  const rule = flows.find((f) => valueOf(f, 'in_port') && f.actions.some((a) => (a.kind === 'set_field' && a.field === 'reg0' && a.mask?.[0] === 0xf && a.value[0] === source) || (a.kind === 'load' && a.dst.field === 'reg0' && a.dst.from === 0 && a.dst.to === 3 && a.value[0] === source)));
  const port = rule && valueOf(rule, 'in_port')?.[0];
  return port === undefined ? undefined : { port };
}

/** AntreaProxy: rules match ServiceEPStateField. */
const hasProxy = (flows: readonly OpenFlowRule[]): boolean => flows.some((f) => f.match.some((m) => m.field === 'reg4' && m.mask?.[0] === 0x70000));
