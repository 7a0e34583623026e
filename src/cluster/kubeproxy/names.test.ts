import { describe, expect, it } from 'vitest';
import { chainHash, unitName } from './names.ts';

describe('chainHash', () => {
  // Names as kube-proxy writes them (pkg/proxy/iptables/proxier_test.go has the same service).
  it.each`
    text                                  | hash
    ${'ns1/svc1:p80tcp'}                  | ${'XPGD46QRK7WJZT7O'}
    ${'ns1/svc1:p80tcp10.180.0.1:80'}     | ${'SXIVWICOYRO3J4NJ'}
    ${'default/kubernetes:httpstcp'}      | ${'NPX46M4PTMTKRN6Y'}
    ${'kube-system/kube-dns:dnsudp'}      | ${'TCOU7JCQXEZGVUNU'}
    ${'kube-system/kube-dns:dns-tcptcp'}  | ${'ERIFXISQEP7F7OF4'}
    ${'kube-system/kube-dns:metricstcp'}  | ${'JD5MR3NA4I4DYORP'}
    ${'almighty/almighty5:webtcp'} | ${'BAR7JSQD2GL6A2KT'}
    ${'almighty/almighty5:webtcp10.128.2.151:8080'} | ${'ZBWV76PMI2XAVMCD'}
  `('of $text is $hash', ({ text, hash }: { text: string; hash: string }) => expect(chainHash(text)).toBe(hash));
});

describe('unitName', () => {
  it('has no colon when the port has no name', () => expect(unitName('ns', 'svc', '')).toBe('ns/svc'));
  it('has the name of the port', () => expect(unitName('ns', 'svc', 'http')).toBe('ns/svc:http'));
});
