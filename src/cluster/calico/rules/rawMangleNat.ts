import type { FelixTable } from '../chains.ts';
import { setName } from '../names.ts';
import { serviceNets } from '../pools.ts';
import { action, type FelixAction, type FelixChain, type FelixMatch, type FelixRule, match } from '../rule.ts';
import type { RuleContext } from './node.ts';

const EMPTY_HOST_CHAINS: readonly FelixChain[] = ['cali-from-host-endpoint', 'cali-to-host-endpoint'].map((name) => ({ name, rules: [] }));

const HOST_ACCEPTED = 'Host endpoint policy accepted packet.';

/** The jump from a chain of the kernel. */
export const jumpTo = (chain: string, { because }: RuleContext): readonly FelixRule[] => [{ action: action.jump(chain), because }];

const withBecause = (rules: readonly FelixRule[], { because }: RuleContext): readonly FelixRule[] => rules.map((r) => ({ because, ...r }));

/** Pods that may send from networks besides their address (annotation cni.projectcalico.org/allowedSourcePrefixes). */
function sourcePrefixRules({ workloads }: RuleContext): readonly FelixRule[] {
  return workloads.flatMap(({ pod, dev }) =>
    [...(pod.annotations['cni.projectcalico.org/allowedSourcePrefixes'] ?? '').matchAll(/[\d.]+(?:\/\d+)?/g)].map(([net]) => ({ match: [match.source(net), match.inInterface(dev)], action: action.accept, because: { ...pod.because, part: 'allowedSourcePrefixes' } })),
  );
}

/** Table raw: packets of pods with a foreign source address die here (felix/rules/static.go, StaticRawTableChains()). */
export function rawTable(context: RuleContext): FelixTable {
  const { marks, features, vxlanPort } = context.settings;
  const fromPod = match.markSet(marks.scratch0);
  const noTrack: readonly FelixRule[] = features.vxlanNoTrack && context.plan.vxlan ? [{ match: [match.protocol('udp'), match.udpPort(vxlanPort)], action: action.noTrack }] : [];
  const prerouting: readonly FelixRule[] = [
    { action: action.clearMark(marks.all) },
    ...noTrack,
    { match: [match.inInterface('cali+')], action: action.setMark(marks.scratch0) },
    ...(features.rpfSkip ? [{ match: [fromPod], action: action.jump('cali-rpf-skip') }] : []),
    // REJECT is for table filter alone, whatever iptablesFilterDenyAction says.
    { match: [fromPod, match.rpfilter(features.validmark)], action: action.drop },
    { match: [match.markClear(marks.scratch0)], action: action.jump('cali-from-host-endpoint') },
    { match: [match.markSet(marks.accept)], action: action.accept },
  ];
  const output: readonly FelixRule[] = [
    { action: action.clearMark(marks.all) },
    { action: action.jump('cali-to-host-endpoint') },
    ...noTrack,
    { match: [match.markSet(marks.accept)], action: action.accept },
  ];
  return {
    name: 'raw',
    inserts: { PREROUTING: jumpTo('cali-PREROUTING', context), OUTPUT: jumpTo('cali-OUTPUT', context) },
    appends: {},
    chains: [
      { name: 'cali-PREROUTING', rules: withBecause(prerouting, context) },
      { name: 'cali-OUTPUT', rules: withBecause(output, context) },
      { name: 'cali-rpf-skip', rules: sourcePrefixRules(context) },
      ...EMPTY_HOST_CHAINS,
    ],
  };
}

/** Table mangle: nothing happens to packets of pods; known connections leave early (StaticMangleTableChains()). */
export function mangleTable(context: RuleContext): FelixTable {
  const { marks, features, allow } = context.settings;
  const allowed: FelixAction = allow.mangle === 'RETURN' ? action.return : action.accept;
  const accepted = [match.markSet(marks.accept)];
  const prerouting: readonly FelixRule[] = [
    { match: [match.ctstate('RELATED,ESTABLISHED')], action: allowed },
    { match: accepted, action: allowed },
    { action: action.jump('cali-from-host-endpoint') },
    { comments: [HOST_ACCEPTED], match: accepted, action: allowed },
  ];
  const leaving: readonly FelixMatch[] = [match.set(setName('dscp-src-net'), 'src'), match.set(setName('all-ipam-pools'), 'dst', true), match.set(setName('this-host'), 'dst', true)];
  const postrouting: readonly FelixRule[] = [
    ...(features.dscp ? [{ comments: ['set dscp for traffic leaving cluster.'], match: leaving, action: action.jump('cali-egress-dscp') }] : []),
    { match: accepted, action: action.return },
    ...(context.ipvs ? [{ match: [match.markNotClear(marks.endpoint)], action: action.return }] : []),
    { action: action.clearMark(marks.all) },
    { match: [match.ctstate('DNAT')], action: action.jump('cali-to-host-endpoint') },
    { comments: [HOST_ACCEPTED], match: accepted, action: action.return },
  ];
  return {
    name: 'mangle',
    inserts: { PREROUTING: jumpTo('cali-PREROUTING', context), ...(features.manglePostrouting ? { POSTROUTING: jumpTo('cali-POSTROUTING', context) } : {}) },
    appends: {},
    chains: [
      { name: 'cali-PREROUTING', rules: withBecause(prerouting, context) },
      { name: 'cali-POSTROUTING', rules: withBecause(postrouting, context) },
      { name: 'cali-egress-dscp', rules: [] },
      ...EMPTY_HOST_CHAINS,
    ],
  };
}

/** Table nat: packets that leave the pools get the node's address; what the node sends into a tunnel from a wrong address gets the tunnel's (nat.go, StaticNATPostroutingChains()). */
export function natTable(context: RuleContext): FelixTable {
  const { plan, settings, randomFully, tunnels } = context;
  const masquerade = action.masquerade(undefined, randomFully);
  const postrouting: readonly FelixRule[] = [
    { action: action.jump('cali-fip-snat') },
    { action: action.jump('cali-nat-outgoing') },
    ...([['tunl0', tunnels.ipip], ['vxlan.calico', tunnels.vxlan]] as const).flatMap(([dev, has]) =>
      has ? [{ match: [match.outInterface(dev), match.sourceType('LOCAL', { negated: true, limitOut: true }), match.sourceType('LOCAL')], action: masquerade }] : [],
    ),
  ];
  const pool = plan.pools.find((p) => p.natOutgoing);
  const dnat: readonly FelixRule[] = [{ action: action.jump('cali-fip-dnat') }];
  return {
    name: 'nat',
    inserts: { PREROUTING: jumpTo('cali-PREROUTING', context), OUTPUT: jumpTo('cali-OUTPUT', context), POSTROUTING: jumpTo('cali-POSTROUTING', context) },
    appends: {},
    chains: [
      { name: 'cali-PREROUTING', rules: withBecause(dnat, context) },
      { name: 'cali-OUTPUT', rules: withBecause(dnat, context) },
      { name: 'cali-POSTROUTING', rules: withBecause(postrouting, context) },
      { name: 'cali-nat-outgoing', rules: pool ? outgoing(context).map((r) => ({ ...r, because: { ...pool.because, part: 'natOutgoing' } })) : [] },
      { name: 'cali-fip-dnat', rules: [] },
      { name: 'cali-fip-snat', rules: [] },
    ],
  };

  function outgoing({ settings: { natOutgoingAddress: address, natPortRange: ports, natInterface, natExcludesHosts } }: RuleContext): readonly FelixRule[] {
    const rule = (protocol: string | undefined, what: FelixAction): FelixRule => ({
      match: [
        match.set(setName('masq-ipam-pools'), 'src'), match.set(setName('all-ipam-pools'), 'dst', true),
        ...(natExcludesHosts ? [match.set(setName('all-hosts-net'), 'dst', true)] : []),
        ...(protocol === undefined ? [] : [match.protocol(protocol)]),
        ...(natInterface === undefined ? [] : [match.outInterface(natInterface)]),
      ],
      action: what,
    });
    const plain = address === undefined ? masquerade : action.snat(address, randomFully);
    if (ports === undefined) return [rule(undefined, plain)];
    const ranged = address === undefined ? action.masquerade(ports, randomFully) : action.snat(`${address}:${ports}`, randomFully);
    return [rule('tcp', ranged), rule('tcp', action.return), rule('udp', ranged), rule('udp', action.return), rule(undefined, settings.natOutgoingAddress === undefined ? masquerade : plain)];
  }
}

/** `cali-cidr-block`: packets to addresses of services that nobody translated would go round between the node and its router. */
export function cidrBlockChain({ plan, settings }: RuleContext): FelixChain {
  const what = { Drop: action.drop, Reject: action.reject, Disabled: undefined }[settings.loopPrevention];
  const nets = what ? serviceNets(plan.cluster).toSorted((a, b) => (a.net < b.net ? -1 : 1)) : [];
  return { name: 'cali-cidr-block', rules: nets.map(({ net, because }) => ({ match: [match.destination(net)], ...(what ? { action: what } : {}), because })) };
}
