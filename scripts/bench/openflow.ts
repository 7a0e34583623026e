import { readFileSync } from 'node:fs';
import { missingForOvs, startSandbox } from '../../e2e/referee/openvswitch/sandbox.ts';
import { parseFlow } from '../../src/dumps/ovsFlow.ts';
import { readDumpFlows } from '../../src/dumps/ovsFlows.ts';
import { readDumpGroups } from '../../src/dumps/ovsGroups.ts';
import { portNames } from '../../src/dumps/ovsNames.ts';
import { readTlvMap } from '../../src/dumps/ovsTlvMap.ts';
import { ofproto, type OfprotoAnswer } from '../../src/engine/openflow/ofproto.ts';
import { parseIp4 } from '../../src/packet/address.ts';
import type { OpenFlowRule, OvsBridge, OvsPort } from '../../src/world/openflow.ts';

/*
 * OpenFlow tables: a node of OVN-Kubernetes as its tools printed it, beside `ofproto/trace` of the real switch where that is installed,
 * and a node with a hundred times the rules. Prints figures with what they are held against, as one line of JSON, for bench.mjs.
 */

interface Figure {
  readonly name: string;
  readonly figure: string;
  readonly budget: string;
  readonly ok: boolean;
}

const figures: Figure[] = [];
const ms = (n: number): string => `${n < 10 ? n.toFixed(2) : Math.round(n)} ms`;

/** Milliseconds: a trace over br-int, 1.3 MB of rules once the parser is warm, 100,000 rules; and how much slower a trace may be there. */
const BUDGET = { trace: 2, parse: 150, parseLarge: 3_000, slower: 2 };
const LARGE = 100_000;

function middle(taken: readonly number[]): number {
  return taken.toSorted((a, b) => a - b)[Math.floor(taken.length / 2)] ?? Number.NaN;
}

function median(runs: number, work: () => unknown): number {
  const taken: number[] = [];
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    work();
    taken.push(performance.now() - started);
  }
  return middle(taken);
}

const fixture = (name: string): string => readFileSync(`src/scenarios/ovn-kubernetes/recorded/worker1.twcm.cloud/${name}.txt`, 'utf8');
const lines = (text: string) => ({ input: 'br-int', firstLine: 1, lines: text.split('\n') });
const rulesOf = (text: string): readonly OpenFlowRule[] => readDumpFlows(lines(text)).value;

const port = (name: string, ofport: number, more: Partial<OvsPort> = {}): OvsPort => ({ name, ofport, type: 'system', typeText: '', peer: undefined, tunnel: undefined, tag: undefined, trunks: undefined, vlanMode: undefined, mac: undefined, source: undefined, ...more });
const patch = (name: string, ofport: number, peer: string): OvsPort => port(name, ofport, { type: 'patch', peer });
const geneve = (name: string, ofport: number, remote: string): OvsPort => port(name, ofport, { type: 'geneve', tunnel: { remoteIp: parseIp4(remote) ?? 0, localIp: undefined, key: 'flow', dstPort: 6081, csum: true, df: true, ttl: undefined, tos: undefined } });

const intFlows = fixture('ovs-ofctl-dump-flows-br-int');
const exFlows = fixture('ovs-ofctl-dump-flows-br-ex');
const intGroups = fixture('ovs-ofctl-dump-groups-br-int');

const intPorts = [port('ovn-k8s-mp0', 1), ...['pod2', 'pod3', 'pod4', 'pod5', 'pod6'].map((n, i) => port(n, i + 2)), patch('int-to-ex', 7, 'ex-to-int'), geneve('ovn-a', 8, '50.50.51.21'), geneve('ovn-b', 9, '50.50.51.22'), geneve('ovn-c', 10, '50.50.51.23')];
const exPorts = [port('nic', 1), patch('ex-to-int', 2, 'int-to-ex')];
const brInt = (flows: readonly OpenFlowRule[]): OvsBridge => ({ name: 'br-int', failMode: 'secure', datapathType: 'system', ports: intPorts, flows, groups: readDumpGroups(lines(intGroups)).value, tlvs: readTlvMap(lines(fixture('ovs-ofctl-dump-tlv-map-br-int'))).value, frags: 'normal', macs: [], source: undefined });
const brEx: OvsBridge = { ...brInt([]), name: 'br-ex', ports: exPorts, flows: rulesOf(exFlows), groups: [], tlvs: [] };

/** A pod's packets, as its port security lets them through. */
const POD = 'in_port=3,dl_src=0a:58:0a:83:00:15,dl_dst=0a:58:0a:83:00:01,tcp,nw_src=10.131.0.21,nw_ttl=64,tcp_src=40000';
const WALKS: readonly (readonly [what: string, bridge: 'br-int' | 'br-ex', flow: string])[] = [
  ['a pod to a service', 'br-int', `${POD},nw_dst=172.30.44.86,tcp_dst=80,dp_hash=1`],
  ['a pod to the Internet', 'br-int', `${POD},nw_dst=8.8.8.8,tcp_dst=53`],
  ['the node to a service', 'br-ex', 'in_port=LOCAL,dl_src=c2:12:ea:b0:fb:58,dl_dst=0a:58:64:40:00:04,tcp,nw_src=169.254.169.2,nw_dst=172.30.0.10,nw_ttl=64,tcp_src=1000,tcp_dst=53,dp_hash=1'],
];

function walk(large: readonly OpenFlowRule[] | undefined, name: 'br-int' | 'br-ex', text: string): () => OfprotoAnswer {
  const bridges = [brInt(large ?? small), brEx];
  const bridge = bridges.find((b) => b.name === name) ?? brEx;
  const read = parseFlow(text, portNames(bridge.ports));
  if ('error' in read) throw new Error(read.text);
  return () => ofproto(bridges, bridge, read.flow, { ctNext: [], choices: {}, size: undefined });
}

/** What the real switch takes for the same questions over its control socket; undefined where it is not installed. */
async function switchTimes(): Promise<readonly number[] | undefined> {
  if (missingForOvs().length > 0) return undefined;
  const sandbox = await startSandbox();
  try {
    const ports = (bridge: string, list: readonly OvsPort[]): readonly string[] =>
      list.flatMap((p) => ['--', 'add-port', bridge, p.name, '--', 'set', 'Interface', p.name, `ofport_request=${p.ofport}`, ...(p.peer === undefined ? [] : ['type=patch', `options:peer=${p.peer}`]), ...(p.tunnel ? ['type=geneve', 'options:remote_ip=50.50.51.1', `options:key=${p.ofport}`] : [])]);
    const versions = 'protocols=OpenFlow10,OpenFlow13,OpenFlow15';
    const said = (reply: { readonly ok: boolean; readonly text: string }): void => {
      if (!reply.ok) throw new Error(reply.text);
    };
    said(sandbox.vsctl('--', 'add-br', 'br-int', '--', 'set', 'Bridge', 'br-int', 'fail_mode=secure', versions, '--', 'add-br', 'br-ex', '--', 'set', 'Bridge', 'br-ex', versions, ...ports('br-int', intPorts), ...ports('br-ex', exPorts)));
    said(await sandbox.ask('dpif/set-dp-features', 'br-int', 'tnl_push_pop', 'false'));
    said(sandbox.ofctl(['add-tlv-map', 'br-int', '{class=0x102,type=0x80,len=4}->tun_metadata0']));
    const plain = (text: string): string => text.split('\n').filter((l) => !l.includes('reply')).join('\n');
    said(sandbox.ofctl(['-O', 'OpenFlow15', 'add-groups', 'br-int', '-'], plain(intGroups)));
    said(sandbox.ofctl(['-O', 'OpenFlow13', 'add-flows', 'br-int', '-'], plain(intFlows)));
    said(sandbox.ofctl(['-O', 'OpenFlow13', 'add-flows', 'br-ex', '-'], plain(exFlows)));
    const times: number[] = [];
    for (const [, bridge, flow] of WALKS) {
      const taken: number[] = [];
      for (let i = 0; i < 200; i++) {
        const started = performance.now();
        said(await sandbox.ask('ofproto/trace', bridge, flow));
        taken.push(performance.now() - started);
      }
      times.push(middle(taken));
    }
    return times;
  } finally {
    await sandbox.stop();
  }
}

/** A br-int of so many rules: those of each logical datapath again and again, under other numbers. */
function grown(rules: number): string {
  const all = intFlows.split('\n').filter((l) => l.includes('actions='));
  const own = all.filter((l) => /metadata=0x[0-9a-f]+(?=[, ])/.test(l));
  const text: string[] = [...all];
  for (let copy = 1; text.length < rules; copy++) for (const line of own) text.push(line.replace(/metadata=0x([0-9a-f]+)(?=[, ])/, (_, n: string) => `metadata=0x${(Number.parseInt(n, 16) + 0x1000 * copy).toString(16)}`));
  return text.slice(0, rules).join('\n');
}

const small = rulesOf(intFlows);
const real = await switchTimes();
const smallTimes = WALKS.map(([what, bridge, text], i) => {
  const go = walk(undefined, bridge, text);
  const answer = go();
  const taken = median(500, go);
  const there = real?.[i];
  const looked = answer.passes.reduce((n, p) => n + p.visits.length, 0);
  figures.push({ name: `openflow: ${what} over ${small.length} rules (${answer.passes.length} passes, ${looked} look-ups)`, figure: ms(taken), budget: `<= ${BUDGET.trace} ms; ofproto/trace ${there === undefined ? 'is not here' : `takes ${ms(there)}`}`, ok: taken <= BUDGET.trace });
  return taken;
});

const mid = grown(Math.round((1.3e6 / intFlows.length) * small.length));
rulesOf(mid);
const parsed = median(5, () => rulesOf(mid));
figures.push({ name: `openflow: parsing ${(mid.length / 1e6).toFixed(1)} MB of dump-flows`, figure: ms(parsed), budget: `<= ${BUDGET.parse} ms`, ok: parsed <= BUDGET.parse });

const largeText = grown(LARGE);
const started = performance.now();
const large = rulesOf(largeText);
const largeParsed = performance.now() - started;
figures.push({ name: `openflow: parsing ${large.length} rules (${(largeText.length / 1e6).toFixed(0)} MB)`, figure: ms(largeParsed), budget: `<= ${ms(BUDGET.parseLarge)}`, ok: largeParsed <= BUDGET.parseLarge && large.length === LARGE });
WALKS.forEach(([what, bridge, text], i) => {
  const go = walk(large, bridge, text);
  const first = performance.now();
  go();
  const built = performance.now() - first;
  const taken = median(500, go);
  const limit = BUDGET.slower * (smallTimes[i] ?? 0);
  figures.push({ name: `openflow: ${what} over ${large.length} rules${i === 0 ? ` (tables built in ${ms(built)})` : ''}`, figure: ms(taken), budget: `<= ${BUDGET.slower} x ${ms(smallTimes[i] ?? 0)}`, ok: taken <= limit });
});
console.log(JSON.stringify(figures));
