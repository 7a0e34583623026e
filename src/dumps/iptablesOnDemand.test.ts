import { expect, it } from 'vitest';
import { plainChain, tablesOnDemand } from './iptablesOnDemand.ts';
import { parseIptablesSave } from './iptablesSave.ts';

const SAVED = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -i eth1 -j CT --zone-orig 2
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-EMPTY - [0:0]
:KUBE-FORWARD - [0:0]
-A INPUT
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -s 10.244.0.0/16 -j ACCEPT
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m frobnicate --much -j ACCEPT
COMMIT`;

const section = { input: 'n1/firewall.txt', firstLine: 2, lines: SAVED.split('\n') };

it('reads what the parser reads', () => {
  expect(tablesOnDemand(section).map((t) => ({ ...t, chains: t.chains.map((c) => plainChain(c)) }))).toEqual(parseIptablesSave(section).value);
});

it('reads the rules of a chain once, and only when they are looked at', () => {
  let asked = 0;
  const lines = new Proxy(section.lines, { get: (target, key) => (key === '14' && asked++, Reflect.get(target, key) as unknown) });
  const forward = tablesOnDemand({ ...section, lines })[1]?.chains.find((c) => c.name === 'KUBE-FORWARD');
  const before = asked;
  expect(forward?.rules).toBe(forward?.rules);
  expect([before, asked]).toEqual([1, 2]);
});
