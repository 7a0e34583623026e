import { describe, expect, it } from 'vitest';
import { base64url, chainName, fnv32, setName, tunnelMac, uniqueId, vethName } from './names.ts';

// Values of public dumps, where the other side (name, selector) is known too.
describe('names that Calico derives', () => {
  it.each`
    namespace    | pod                     | dev
    ${'default'} | ${'ng-test-rs-jkbkn'}   | ${'calicaca1cdbf39'}
    ${'default'} | ${'ng-test-rs-cwqr5'}   | ${'calie43ba52c63e'}
    ${'default'} | ${'ping-test-rfwx9'}    | ${'cali7fc97bab38b'}
  `('calls the veth of $namespace/$pod $dev', ({ namespace, pod, dev }) => expect(vethName(namespace, pod)).toBe(dev));

  it.each`
    node         | mac
    ${'master1'} | ${'66:31:3a:fa:51:89'}
    ${'master2'} | ${'66:35:31:bd:3e:3a'}
    ${'master3'} | ${'66:cb:b6:96:7e:c7'}
  `('gives vxlan.calico of $node the MAC $mac', ({ node, mac }) => expect(tunnelMac(node)).toBe(mac));

  it.each`
    prefix         | name                                | chain
    ${'cali-pro-'} | ${'kns.default'}                    | ${'cali-pro-kns.default'}
    ${'cali-pro-'} | ${'ksa.kube-system.default'}        | ${'cali-pro-_hNSGmJYNT8uLIzxesP'}
    ${'cali-pi-'}  | ${'default/knp.default.haejun-policy'} | ${'cali-pi-_Eb-vckmN-lr2eREXQcs'}
    ${'cali-pi-'}  | ${'alpha/knp.default.access-nginx'} | ${'cali-pi-_e8MLrhOHDfNlfSa51Ak'}
  `('names a chain of $name $chain', ({ prefix, name, chain }) => expect(chainName(prefix, name)).toBe(chain));

  it('names a set of a selector by its canonical text, cut to the 31 characters of ipset', () => {
    const selector = '(projectcalico.org/namespace == "alpha" && (projectcalico.org/orchestrator == "k8s" && run == "access"))';
    expect(setName(uniqueId('s', selector))).toBe('cali40s:XZEFRy4u2E2Kz28IwtNm0u8');
  });

  it('marks an endpoint by the FNV hash of its interface', () => expect((fnv32('cali27d5a8fe8ae') % 4096) * 2 ** 20).toBe(0xd8e00000));
});

it.each`
  bytes                 | text
  ${[]}                 | ${''}
  ${[0xff]}             | ${'_w'}
  ${[0xff, 0xfe]}       | ${'__4'}
  ${[0xff, 0xfe, 0xfd]} | ${'__79'}
`('writes $bytes in base64url as $text', ({ bytes, text }) => expect(base64url(Uint8Array.from(bytes as number[]))).toBe(text));
