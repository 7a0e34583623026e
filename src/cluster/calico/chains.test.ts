import { describe, expect, it } from 'vitest';
import { Firewall } from '../draft/firewall.ts';
import { printed, ruleHashes, writeTable } from './chains.ts';
import { action, type FelixRule, match } from './rule.ts';

const ACCEPT = 0x10000;
const appended: readonly FelixRule[] = [
  { comments: ['Policy explicitly accepted packet.'], match: [match.markSet(ACCEPT)], action: action.accept },
  { action: action.setMark(ACCEPT) },
];
const ipip: readonly FelixRule[] = [
  { comments: ['Allow IPIP packets from Calico hosts'], match: [match.protocol(4), match.set('cali40all-hosts-net', 'src'), match.destinationType('LOCAL')], action: action.accept },
];

// The hashes of these rules are the same in every cluster: they stand in thousands of public dumps.
describe('ruleHashes', () => {
  it.each`
    chain                 | rules                                           | hashes
    ${'INPUT'}            | ${[{ action: action.jump('cali-INPUT') }]}       | ${['Cz_u1IQiXIMmKD4c']}
    ${'FORWARD'}          | ${[{ action: action.jump('cali-FORWARD') }]}     | ${['wUHhoiAYhphO9Mso']}
    ${'OUTPUT'}           | ${[{ action: action.jump('cali-OUTPUT') }]}      | ${['tVnHkvAo15HuiPy0']}
    ${'PREROUTING'}       | ${[{ action: action.jump('cali-PREROUTING') }]}  | ${['6gwbT8clXdHdC1b1']}
    ${'POSTROUTING'}      | ${[{ action: action.jump('cali-POSTROUTING') }]} | ${['O3lYWMrLQYEMJtB5']}
    ${'FORWARD*appends*'} | ${appended}                                     | ${['S93hcgKJrXEqnTfs', 'mp77cMpurHhyjLrM']}
    ${'cali-INPUT'}       | ${ipip}                                         | ${['PajejrV4aFdkZojI']}
  `('of $chain are $hashes', ({ chain, rules, hashes }) => expect(ruleHashes(chain as string, rules as FelixRule[])).toEqual(hashes));
});

it('prints a rule as iptables-save does: header matches first, then the hash, then the rest', () => {
  expect(printed('cali-INPUT', ipip)).toEqual([
    '-p ipencap -m comment --comment "cali:PajejrV4aFdkZojI" -m comment --comment "Allow IPIP packets from Calico hosts" -m set --match-set cali40all-hosts-net src -m addrtype --dst-type LOCAL -j ACCEPT',
  ]);
});

it('inserts in front of what is there, appends behind it, and leaves out chains that nothing leads to', () => {
  const firewall = new Firewall();
  firewall.append('filter', 'FORWARD', '-j KUBE-FORWARD');
  writeTable(firewall, {
    name: 'filter',
    inserts: { FORWARD: [{ action: action.jump('cali-FORWARD') }] },
    appends: { FORWARD: appended },
    chains: [
      { name: 'cali-FORWARD', rules: [{ action: action.jump('cali-cidr-block') }] },
      { name: 'cali-cidr-block', rules: [] },
      { name: 'cali-failsafe-in', rules: [] },
    ],
  });
  expect(firewall.rules('filter', 'FORWARD')).toEqual([
    '-m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD',
    '-j KUBE-FORWARD',
    '-m comment --comment "cali:S93hcgKJrXEqnTfs" -m comment --comment "Policy explicitly accepted packet." -m mark --mark 0x10000/0x10000 -j ACCEPT',
    '-m comment --comment "cali:mp77cMpurHhyjLrM" -j MARK --set-xmark 0x10000/0x10000',
  ]);
  expect([firewall.has('filter', 'cali-cidr-block'), firewall.has('filter', 'cali-failsafe-in')]).toEqual([true, false]);
});
