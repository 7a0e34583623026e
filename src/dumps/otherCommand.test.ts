import { describe, expect, it } from 'vitest';
import { parseBundle } from './bundle.ts';
import { otherCommand, otherForOutput } from './otherCommand.ts';
import { commandKind } from './section.ts';

describe('otherCommand', () => {
  it.each([
    ['iptables -L -n -v', 'iptables-save'],
    ['iptables -t nat -nvL KUBE-SERVICES --line-numbers', 'iptables-save'],
    ['sudo iptables-legacy --list', 'iptables-legacy-save'],
    ['ip netns exec blue iptables-nft -L', 'iptables-nft-save'],
    ['route -n', 'ip route show table all'],
    ['netstat -rn', 'ip route show table all'],
    ['netstat -tlnp', 'ss -lntu'],
    ['netstat -i', 'ip -d link show'],
    ['lsof -i', 'ss -lntu'],
    ['/sbin/ifconfig -a', 'ip -d addr show'],
    ['arp -an', 'ip neigh show'],
    ['brctl show', 'ip -d link show'],
    ['brctl showmacs cni0', 'bridge fdb show'],
    ['ipvsadm -Ln --stats', 'ipvsadm -Sn'],
    ['conntrack -E', 'conntrack -L'],
    ['conntrack -L -o xml', 'conntrack -L'],
    ['ip -br a', 'ip -d addr show'],
    ['ip -brief link show', 'ip -d link show'],
    ['ip -j -p route', 'ip route show table all'],
    ['ip route get 10.0.0.1', 'ip route show table all'],
    ['ip tunnel show', 'ip -d link show'],
    ['kubectl get pods -o wide', 'kubectl get pods -A -o yaml'],
    ['kubectl -n x describe svc web', 'kubectl get svc -A -o yaml'],
    ['oc get hostsubnets', 'oc get hostsubnets -A -o yaml'],
  ])('%s: %s', (command, other) => {
    expect(commandKind(command).kind).toBe('unknown');
    expect(otherCommand(commandKind(command).words)).toBe(other);
    expect(commandKind(other).kind).not.toBe('unknown');
  });

  it.each(['uname -a', 'ip link add br0 type bridge', 'ip route add default via 10.0.0.1', 'ip netns', 'ip', '', 'iptables -A INPUT -j DROP', 'ipvsadm -A -t 10.0.0.1:80', 'conntrack -L expect', 'kubectl logs web', 'constructor'])(
    'has none for %s',
    (command) => expect(otherCommand(commandKind(command).words)).toBeUndefined(),
  );
});

describe('kubectl exec', () => {
  const text = '$ kubectl exec web -- ip addr\n2: eth0@if9: <UP,LOWER_UP> mtu 1450 qdisc noqueue state UP\n    link/ether 02:42:0a:00:00:01 brd ff:ff:ff:ff:ff:ff\n    inet 10.244.0.9/24 scope global eth0\n';
  const node = { 'n1/ip.txt': '$ ip rule\n0:\tfrom all lookup local\n' };

  it('is not taken for the node that the file is about', () => {
    const { world, diagnostics } = parseBundle({ ...node, 'n1/web.txt': text });
    expect(world.hosts.flatMap((h) => h.netns.map((n) => [n.name, n.links.length]))).toEqual([[null, 0]]);
    expect(diagnostics.filter((d) => d.input === 'n1/web.txt').map((d) => [d.code, d.text])).toEqual([['exec-in-pod', 'web']]);
  });

  it('is the pod whose folder it is in', () => {
    const { world } = parseBundle({ ...node, 'n1/netns/web/web.txt': text });
    expect(world.hosts.flatMap((h) => h.netns.map((n) => [n.name, n.links.length]))).toEqual([[null, 0], ['web', 1]]);
  });
});

describe('otherForOutput', () => {
  it.each([
    ['Chain INPUT (policy ACCEPT 0 packets, 0 bytes)', 'iptables-save'],
    ['Chain KUBE-SERVICES (2 references)', 'iptables-save'],
    ['Kernel IP routing table', 'ip route show table all'],
    ['Address                  HWtype  HWaddress           Flags Mask            Iface', 'ip neigh show'],
    ['? (10.0.0.1) at 02:42:0a:00:00:01 [ether] on eth0', 'ip neigh show'],
    ['bridge name\tbridge id\t\tSTP enabled\tinterfaces', 'ip -d link show'],
    ['Active Internet connections (only servers)', 'ss -lntu'],
    ['eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500', 'ip -d addr show'],
    ['lo               UNKNOWN        127.0.0.1/8 ::1/128 ', 'ip -d addr show'],
    ['NAME       READY   STATUS    RESTARTS   AGE', 'kubectl get … -A -o yaml'],
  ])('%s: %s', (line, other) => {
    const { diagnostics } = parseBundle({ 'n1/ip.txt': '$ ip rule\n0:\tfrom all lookup local\n', 'n1/x': `${line}\nmore\n` });
    expect(otherForOutput(line)).toBe(other);
    expect(diagnostics.filter((d) => d.input === 'n1/x').map((d) => [d.code, d.line, d.text])).toEqual([['other-command', 1, `${line.trim()} → ${other}`]]);
  });

  it('asks for nothing that is there', () => {
    const { diagnostics } = parseBundle({ 'n1/a.txt': '$ ip route\n10.0.0.0/8 dev eth0\n$ route -n\nKernel IP routing table\n' });
    expect(diagnostics.filter((d) => d.text.includes('route -n')).map((d) => [d.code, d.text])).toEqual([['unknown-section', 'route -n']]);
  });

  it.each(['', 'Linux n1 6.1.0', 'hello: world'])('has none for “%s”', (line) => expect(otherForOutput(line)).toBeUndefined());
});
