import { expect, it } from 'vitest';
import { parseRule, printRule } from './ovsFlows.ts';
import { type OpenFlowVersion, ruleIn } from './ovsVersion.ts';

/** As Open vSwitch 3.1 dumps one rule in each version. */
it.each`
  told                                                | version  | printed
  ${'ip actions=mod_nw_ttl:9'}                        | ${'1.0'} | ${'ip actions=load:0x9->NXM_NX_IP_TTL[]'}
  ${'ip actions=mod_nw_ttl:9'}                        | ${'1.3'} | ${'ip actions=mod_nw_ttl:9'}
  ${'ip actions=mod_nw_ttl:9'}                        | ${'1.5'} | ${'ip actions=mod_nw_ttl:9'}
  ${'ipv6 actions=set_field:fd00::9->ipv6_dst'}       | ${'1.0'} | ${'ipv6 actions=load:0x9->NXM_NX_IPV6_DST[0..63],load:0xfd00000000000000->NXM_NX_IPV6_DST[64..127]'}
  ${'ipv6 actions=set_field:fd00::9->ipv6_dst'}       | ${'1.3'} | ${'ipv6 actions=set_field:fd00::9->ipv6_dst'}
  ${'ip actions=ct(commit,exec(set_field:0x6->ct_label))'} | ${'1.0'} | ${'ip actions=ct(commit,exec(load:0x6->NXM_NX_CT_LABEL[0..63],load:0->NXM_NX_CT_LABEL[64..127]))'}
  ${'actions=set_field:0x5->reg0,goto_table:3'}       | ${'1.0'} | ${'actions=load:0x5->NXM_NX_REG0[],resubmit(,3)'}
  ${'actions=meter:1,output:2'}                       | ${'1.0'} | ${'actions=output:2'}
  ${'actions=meter:1,output:2'}                       | ${'1.3'} | ${'actions=meter:1,output:2'}
  ${'actions=load:0x5->NXM_NX_REG0[]'}                | ${'1.5'} | ${'actions=set_field:0x5->reg0'}
`('$told in OpenFlow $version is $printed', ({ told, version, printed }) => {
  const rule = parseRule(told as string);
  expect(rule && printRule(ruleIn(rule, version as OpenFlowVersion), { stats: false })).toBe(printed);
});
