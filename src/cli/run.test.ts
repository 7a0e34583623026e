import { execPath } from 'node:process';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readFolder } from '../scenarios/files.node.ts';
import { packBundle, packEdits } from '../share/packed.ts';
import { run } from './run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const samples = fileURLToPath(new URL('../scenarios/ipvs-metallb', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'packetwalk-cli-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs the command line in this process and collects what it prints. */
async function cli(argv: readonly string[], stdin: string | Uint8Array = '') {
  let out = '';
  let err = '';
  const status = await run(argv, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    stdin: () => Promise.resolve(typeof stdin === 'string' ? new TextEncoder().encode(stdin) : stdin),
  });
  return { status, out, err, lines: () => out.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) };
}

function scratchFile(name: string, content: string | Uint8Array): string {
  const path = join(scratch, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** A ustar archive of the files, as tar(1) makes it. */
function tar(files: Readonly<Record<string, string>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([path, text]) => {
    const data = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(path, 0, 100);
    header.write('0000644\0', 100);
    header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        0ustar\x0000', 148);
    header.write(`${header.reduce((a, b) => a + b, 0).toString(8).padStart(6, '0')}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const vip = '{"id":"p1","from":{"outside":"10.10.6.91"},"dst":"172.19.100.2","proto":"tcp","sport":41068,"dport":80}';

describe('lab', () => {
  it('prints a script that a shell can read, with every namespace of the world and its rules', async () => {
    const { status, out, err } = await cli(['lab', 'ipvs-metallb?policy=Local']);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const script = scratchFile('lab.sh', out);
    expect(spawnSync('bash', ['-n', script], { encoding: 'utf8' }).stderr).toBe('');
    const list = spawnSync('bash', [script, 'list'], { encoding: 'utf8' }).stdout;
    expect(list.split('\n')).toEqual(expect.arrayContaining(['pw-client', 'pw-cy01-ceph142', 'pw-cy01-ceph142-dbg-pod142', 'pw-l3']));
    expect(out).toContain('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ');
    expect(out).toMatch(/^link add name tunl0 type ipip local any remote any .*nopmtudisc/m);
    expect(out).toMatch(/Needs: root, .*ipset, iptables, ipvsadm; kernel modules .*ip_vs/);
  });

  it('does what a text from strangers says as data only', async () => {
    const evil = scratchFile('evil/h/x.txt', '$ ip -d addr\n1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n$ sysctl -a\nnet.ipv4.ip_forward = 1; touch /tmp/x\nnet.ipv4.conf.$(id).rp_filter = 1\n$ iptables-save\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment "$(id) `id` TABLES" -j ACCEPT\nTABLES\nCOMMIT\n');
    const { out } = await cli(['lab', dirname(dirname(evil))]);
    expect(out).not.toMatch(/^w .*[;$`]/m);
    const script = scratchFile('evil.sh', out);
    expect(spawnSync('bash', ['-n', script], { encoding: 'utf8' }).stderr).toBe('');
    // Rules stand in a quoted here-document, whose mark no line of theirs can be.
    expect(out).toMatch(/restore" <<'TABLES_*'\n/);
  });
});

describe('wrong usage ends with status 2 and its reason, and prints nothing', () => {
  it.each`
    argv                                                                              | because
    ${[]}                                                                             | ${'a command is missing'}
    ${['walk']}                                                                       | ${'unknown command walk'}
    ${['constructor']}                                                                | ${'unknown command constructor'}
    ${['lab']}                                                                        | ${'SOURCE is missing'}
    ${['lab', 'ipvs-metallb', 'twice']}                                               | ${'one SOURCE, not also twice'}
    ${['ofproto', 'ipvs-metallb', '--host', 'n1']}                                    | ${'either BRIDGE and FLOW or --flows'}
    ${['trace', 'ipvs-metallb', '--probe', vip, '--format', 'pcap']}                  | ${'pcap: not built yet'}
    ${['trace', 'ipvs-metallb', '--probe', vip, '--format', 'xml']}                   | ${'json or text, not xml'}
    ${['trace', 'ipvs-metallb']}                                                      | ${'either --probe JSON or --probes'}
    ${['trace', 'ipvs-metallb', '--probe', vip, '--probes', 'x']}                     | ${'either --probe JSON or --probes'}
    ${['trace', '--probe', vip]}                                                      | ${'SOURCE is missing'}
    ${['trace', 'a', 'b', '--probe', vip]}                                            | ${'not also b'}
    ${['trace', 'ipvs-metallb', '--probe']}                                           | ${'--probe needs a value'}
    ${['trace', 'ipvs-metallb', '--probe', vip, '--al']}                              | ${'unknown option --al'}
    ${['trace', '-', '--probes', '-']}                                                | ${'cannot both be standard input'}
    ${['trace', 'ipvs-metallb?policy=Sometimes', '--probe', vip]}                     | ${'policy of ipvs-metallb is one of Cluster, Local'}
    ${['trace', 'ipvs-metallb?polcy=Local', '--probe', vip]}                          | ${'no parameter polcy'}
    ${['world']}                                                                      | ${'SOURCE is missing'}
    ${['dump', 'ipvs-metallb', 'iptables-save']}                                      | ${'--host is missing'}
    ${['dump', 'ipvs-metallb', '--host', 'cy01-ceph142']}                             | ${'COMMAND is missing'}
    ${['dump', 'ipvs-metallb', '--host', 'nobody', 'iptables-save']}                  | ${'no host nobody'}
    ${['dump', 'ipvs-metallb', '--host', 'client', '--netns', 'x', 'ip', 'addr']}     | ${'no namespace x'}
    ${['dump', 'ipvs-metallb', '--host', 'cy01-ceph142', 'nft', 'list', 'ruleset']}   | ${'nft list ruleset: not built yet'}
  `('$because', async ({ argv, because }: { argv: string[]; because: string }) => {
    const { status, out, err } = await cli(argv);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(because);
  });
});

describe('an input that cannot be used ends with status 1', () => {
  it.each`
    source                                                        | because
    ${'no-such-scenario'}                                         | ${'no such file or scenario (scenarios: ipvs-metallb,'}
    ${scratchFile('empty/readme.txt', 'nothing to see\n')}        | ${'nothing in it belongs to a machine'}
    ${scratchFile('bad.json', '{"hosts": [{"name": 1}]}')}        | ${'not a World: hosts.0.name'}
    ${scratchFile('cut.json', '{"hosts": [')}                     | ${'nothing in it belongs to a machine'}
    ${scratchFile('noise.tar.gz', gzipSync(new Uint8Array(2000)))} | ${'nothing in it belongs to a machine'}
  `('$because', async ({ source, because }: { source: string; because: string }) => {
    const { status, out, err } = await cli(['trace', source, '--probe', vip]);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(err).toContain(because);
  });

  it('says which command is missing for an .xz that the system cannot unpack', async () => {
    const file = scratchFile('bundle.tar.xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4));
    const path = process.env['PATH'];
    process.env['PATH'] = '';
    const { status, err } = await cli(['world', file]);
    process.env['PATH'] = path;
    expect(status).toBe(1);
    expect(err).toContain('needs the command xz');
  });

  it('reports through check what it found, as JSON lines with sentences', async () => {
    const { status, lines } = await cli(['check', dirname(scratchFile('empty/readme.txt', 'nothing to see\n'))]);
    expect(status).toBe(1);
    expect(lines().at(-1)).toMatchObject({ severity: 'error', code: 'no-host' });
    for (const line of lines()) expect(Object.keys(line)).toEqual(['severity', 'code', 'input', 'line', 'text', 'message']);
    expect(lines().every((l) => typeof l['message'] === 'string' && l['message'] !== '')).toBe(true);
  });
});

describe('the same cluster in every form gives the same answer', () => {
  const files = readFolder(join(samples, 'local'));
  const wrapped = Object.fromEntries(Object.entries(files).map(([path, text]) => [`cluster-42/${path}`, text]));
  const answer = async (source: string, stdin?: string | Uint8Array) => {
    const { status, out } = await cli(['trace', source, '--probe', vip, '--all'], stdin);
    expect(status).toBe(0);
    return out;
  };

  it.each`
    form                     | source
    ${'a folder'}            | ${join(samples, 'local')}
    ${'.tar'}                | ${scratchFile('b.tar', tar(files))}
    ${'.tar.gz'}             | ${scratchFile('b.tar.gz', gzipSync(tar(files)))}
    ${'a wrapping folder'}   | ${scratchFile('w.tgz', gzipSync(tar(wrapped)))}
  `('$form', async ({ source }: { source: string }) => expect(await answer(source)).toBe(await answer('ipvs-metallb?policy=Local')));

  it('a bundle or a World on standard input, and a World in a file', async () => {
    const expected = await answer('ipvs-metallb?policy=Local');
    expect(await answer('-', gzipSync(tar(files)))).toBe(expected);
    const { out: world } = await cli(['world', 'ipvs-metallb?policy=Local']);
    expect(await answer('-', world)).toBe(expected);
    expect(await answer(scratchFile('world.json', world))).toBe(expected);
    expect(JSON.parse((await cli(['world', '-'], world)).out)).toEqual(JSON.parse(world));
  });

  // The case without xz is tested above.
  const xz = spawnSync('xz', ['--compress', '--stdout'], { input: tar(files) });
  it.runIf(xz.status === 0)('.tar.xz where the system has xz', async () => {
    expect(await answer(scratchFile('b.tar.xz', xz.stdout))).toBe(await answer('ipvs-metallb?policy=Local'));
  });

  it('takes a link’s parameter, and its default without one', async () => {
    expect(await answer('ipvs-metallb')).toBe(await answer('ipvs-metallb?policy=Cluster'));
    expect(await answer('ipvs-metallb')).not.toBe(await answer('ipvs-metallb?policy=Local'));
  });
});

describe('dump', () => {
  it.each`
    host              | netns                 | command
    ${'cy01-ceph142'} | ${undefined}          | ${'iptables-save'}
    ${'cy01-ceph142'} | ${undefined}          | ${'ipset save'}
    ${'cy01-ceph143'} | ${undefined}          | ${'ip route show table all'}
    ${'cy01-ceph142'} | ${'ng-test-rs-cwqr5'} | ${'ip addr show'}
  `('prints $command of $host $netns as the recording has it', async ({ host, netns, command }: { host: string; netns: string | undefined; command: string }) => {
    const { status, out } = await cli(['dump', 'ipvs-metallb', '--host', host, ...(netns === undefined ? [] : ['--netns', netns]), ...command.split(' ')]);
    expect(status).toBe(0);
    const file = netns === undefined ? `${host}/node.txt` : `${host}/netns/${netns}/pod.txt`;
    const recorded = readFileSync(join(samples, 'cluster', file), 'utf8').split(/^\$ /m).find((section) => section.startsWith(`${command}\n`));
    const lines = (text: string) => text.trimEnd().split('\n').map((line) => line.trimEnd());
    expect(lines(out)).toEqual(lines(recorded ?? '').slice(1));
  });

  it('passes the options of the command on, and takes its own behind it', async () => {
    const before = await cli(['dump', 'ipvs-metallb', '--host', 'client', 'ip', '-d', 'addr', 'show']);
    expect(before.out).toContain('link/ether');
    expect((await cli(['dump', 'ipvs-metallb', 'ip -d addr show', '--host=client'])).out).toBe(before.out);
  });
});

describe('a link of the page is a SOURCE, and a probe with its choices', () => {
  const address = 'http://127.0.0.1:4173/#/ipvs-metallb?from=client&to=172.19.100.2:80&sport=41068&policy=Cluster&pick=cy01-ceph142.ipvs-rr.2&detail=rules&step=17';
  const base = readFolder(join(samples, 'cluster'));

  it('as an address, as a fragment, and as the scenario with parameters', async () => {
    const asked = await cli(['trace', 'ipvs-metallb', '--probe', '{"from":{"host":"client"},"dst":"172.19.100.2","sport":41068,"dport":80,"choices":{"cy01-ceph142/ipvs-rr":2}}']);
    for (const link of [address, address.replace(/^[^#]*/, ''), address.replace(/^.*#\//, '')]) {
      const { status, out } = await cli(['trace', link]);
      expect({ status, out }).toEqual({ status: 0, out: asked.out });
    }
  });

  it('with the edits that it carries', async () => {
    const edited = Object.fromEntries(Object.entries(base).map(([path, text]) => [path, text.replace('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ\n', '')]));
    const { status, lines } = await cli(['trace', `${address}&e=${packEdits(base, edited) ?? ''}`]);
    expect(status).toBe(0);
    expect(lines()[0]).toMatchObject({ outcomes: [{ verdict: 'delivered', seen: { src: '10.10.6.91' }, at: { netns: 'ng-test-rs-cwqr5' } }] });
  });

  it('with dumps that it carries', async () => {
    const { status, lines } = await cli(['trace', `#/own?from=client&to=172.19.100.2:80&e=${packBundle(base)}`]);
    expect(status).toBe(0);
    expect(lines()[0]).toMatchObject({ outcomes: [{ verdict: 'delivered' }] });
  });

  it.each`
    link                                                              | status | because
    ${'#/ipvs-metallb?from=client'}                                   | ${2}   | ${'or a link that says from and to'}
    ${'#/ipvs-metallb?from=client&to=1.2'}                            | ${2}   | ${'the link: to: bad-address'}
    ${'#/ipvs-metallb?from=client&to=172.19.100.2:80&pick=a.b.1'}     | ${2}   | ${'nothing is decided at a/b'}
    ${'#/ipvs-metallb?from=%'}                                        | ${2}   | ${'the link is damaged: bad-escape'}
    ${'#/elsewhere?from=a&to=b'}                                      | ${2}   | ${'no scenario elsewhere'}
    ${'#'}                                                            | ${2}   | ${'names no scenario'}
    ${'#/own?from=client&to=172.19.100.2:80'}                         | ${1}   | ${'dumps that it does not carry'}
    ${'#/ipvs-metallb?from=client&to=172.19.100.2:80&e=1d.x.y'}       | ${1}   | ${'the dumps in the link are damaged'}
  `('or is refused: $because', async ({ link, status, because }: { link: string; status: number; because: string }) => {
    const answer = await cli(['trace', link]);
    expect(answer.status).toBe(status);
    expect(answer.err).toContain(because);
  });
});

it('lists each scenario with probes that trace answers', async () => {
  const { status, lines } = await cli(['scenarios']);
  expect(status).toBe(0);
  const [scenario] = lines();
  expect(scenario).toMatchObject({ id: 'ipvs-metallb', title: 'MetalLB and IPVS' });
  const probes = scenario?.['probes'] as readonly unknown[];
  expect(probes.length).toBeGreaterThan(5);
  const traced = await cli(['trace', 'ipvs-metallb', '--probes', scratchFile('scenario.jsonl', probes.map((p) => JSON.stringify(p)).join('\n'))]);
  expect(traced.lines().map((a) => (a['outcomes'] as { verdict: string }[])[0]?.verdict)).toEqual(probes.map(() => 'delivered'));
});

it('answers each line of a file in order, bad ones with an error, and reads the file from standard input too', async () => {
  const file = [vip, 'not json', '', '{"id":"p2","from":{"host":"nobody"},"dst":"10.0.0.1","dport":1}', '{"id":3,"from":{"host":"client"},"dst":"172.19.100.2","dport":80}'].join('\r\n');
  const { status, err, lines } = await cli(['trace', 'ipvs-metallb', '--probes', '-'], file);
  expect(status).toBe(0);
  expect(lines().map((l) => [l['id'], 'error' in l ? 'error' : 'outcomes' in l ? 'outcomes' : ''])).toEqual([
    ['p1', 'outcomes'],
    [undefined, 'error'],
    ['p2', 'error'],
    [3, 'outcomes'],
  ]);
  expect(err).toContain('2 of the probes could not be answered');
});

it('gives a single bad probe its line with the reason, and status 2', async () => {
  const { status, err, lines } = await cli(['trace', 'ipvs-metallb', '--probe', '{"id":"x","from":{"host":"client"},"dst":"nowhere","dport":80}']);
  expect(status).toBe(2);
  expect(lines()).toEqual([{ id: 'x', error: 'dst: nowhere is no address, and no service or pod here (svc/NAMESPACE/NAME, pod/NAMESPACE/NAME)' }]);
  expect(err).toContain('dst: nowhere');
});

it('prints JSON to standard output and nothing else when run as a process', () => {
  const child = spawnSync(execPath, ['node_modules/tsx/dist/cli.mjs', 'src/cli/main.ts', 'trace', 'ipvs-metallb', '--probe', vip], { cwd: root, encoding: 'utf8' });
  expect({ status: child.status, err: child.stderr }).toEqual({ status: 0, err: '' });
  expect(child.stdout.endsWith('}\n')).toBe(true);
  expect(JSON.parse(child.stdout)).toMatchObject({ id: 'p1' });
});
