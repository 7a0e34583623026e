import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { dumps, expectStep, headline, inspector, open, openFile } from './page.ts';

const SDN = '#/openshift-sdn?from=worker1/debug&to=10.128.2.151:8080';
const OVN = '#/ovn-kubernetes?from=worker1.twcm.cloud/client-0&to=10.128.0.15:8080';
const tables = (page: Page): Locator => inspector(page).getByRole('group', { name: 'Tables of Open vSwitch' });
const tryFlow = (page: Page): Locator => page.getByRole('dialog', { name: 'Try a flow' });

async function violations(page: Page): Promise<readonly string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(' | ')}`);
}

test('a bridge stands on stage with its ports, and the tables of a step are told in words, to the mouse and to the keyboard', async ({ page }) => {
  await open(page, `${SDN}&step=2`);
  const stage = page.getByRole('main');
  for (const title of ['br0 (Open vSwitch)', 'tun0 (br0)', 'vxlan_sys_4789 vxlan0']) await expect(stage.getByTitle(title).first()).toBeVisible();
  await expect(headline(page)).toContainText('br0');
  await expect(tables(page).getByRole('heading', { name: 'br0, again after conntrack' }).first()).toBeVisible();

  const last = tables(page).locator('details[open]').last();
  await expect(last).toContainText('table 90');
  await expect(last.getByRole('row', { name: /nw_dst 10\.128\.2\.0\/23 10\.128\.2\.151/ })).toBeVisible();
  await expect(last.getByRole('listitem').filter({ hasText: 'sends it out of port vxlan0' })).toBeVisible();

  const field = last.getByRole('button', { name: 'nw_dst', exact: true });
  const help = last.getByRole('tooltip').filter({ hasText: 'The IP address that the packet is for.' });
  await expect(help).toBeHidden();
  await field.focus();
  await expect(help).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  await field.hover();
  await expect(help).toBeVisible();
  await expectStep(page, 2);
});

test('a look-up says why no other rule of its table was taken', async ({ page }) => {
  await open(page, `${SDN}&step=2`);
  const row = tables(page).locator('details').filter({ hasText: 'table 20' }).first();
  await row.locator('summary').click();
  await row.getByRole('button', { name: 'Why no other rule?' }).click();
  await expect(row.getByText(/in_port is veth\w+, not veth\w+/).first()).toBeVisible();
});

test('by keys alone: unfolding leaves the focus in what was unfolded, and comparing leaves it on its button', async ({ page }) => {
  await open(page, '#/antrea?from=node-1/client-1&to=10.96.20.20:80&step=3');
  await tables(page).getByRole('button', { name: /tables that only lead on$/ }).first().focus();
  await page.keyboard.press('Enter');
  const unfolded = tables(page).locator('summary:focus');
  await expect(unfolded).toContainText('table ');
  await page.keyboard.press('Enter');
  await expect(unfolded).toBeVisible();
  const why = tables(page).getByRole('button', { name: 'Why no other rule?' }).first();
  await why.focus();
  await page.keyboard.press('Enter');
  await expect(why).toHaveAttribute('aria-expanded', 'true');
  await expect(why).toBeFocused();
  await expectStep(page, 3);
});

test('a table of Antrea says what it is for, each condition what its field holds, and the bucket is chosen where its rule takes it', async ({ page }) => {
  await open(page, '#/antrea?from=node-1/client-1&to=10.96.20.20:80&step=2');
  const row = tables(page).locator('details').filter({ hasText: 'table ServiceLB' }).first();
  await expect(row).toContainText('which service is it for');
  await expect(row.getByTitle('The IP address that the packet is for.')).toHaveText(/^nw_dst=10\.96\.20\.20/);
  const buckets = inspector(page).getByRole('radiogroup').getByRole('radio');
  await expect(buckets).toHaveText([/bucket 0 of group 1/, /bucket 1 of group 1/]);
  await buckets.nth(1).click();
  await expect(buckets.nth(1)).toBeChecked();
  await expect(row).toContainText('bucket 1 of group 1');
});

test('the form closes when a link leads to another cluster', async ({ page }) => {
  await open(page, `${SDN}&step=2`);
  await page.keyboard.press('o');
  await expect(tryFlow(page)).toBeVisible();
  await page.evaluate(() => { location.hash = '#/cisco-aci'; });
  await expect(tryFlow(page)).toBeHidden();
  await expect(page.getByRole('button', { name: 'Cisco ACI' })).toBeVisible();
});

test('a flow is tried from a step, with what conntrack says, and mistakes are told', async ({ page }) => {
  await open(page, `${SDN}&step=2`);
  await tables(page).getByRole('button', { name: 'Try a flow here' }).click();
  const dialog = tryFlow(page);
  const flow = dialog.getByRole('textbox', { name: 'Packet' });
  await expect(flow).toHaveValue(/^in_port=veth\w+,.*tcp,nw_src=10\.131\.0\.20,nw_dst=10\.128\.2\.151/);
  await expect(dialog.getByRole('status')).toHaveText(/^It is sent to vxlan0 \(tunnel to 10\.10\.12\.22/);
  await expect(dialog.getByRole('heading', { name: /^Pass 3/ })).toBeVisible();

  await dialog.getByRole('combobox', { name: 'Conntrack says, first time' }).selectOption('trk,est,rpl');
  await expect(dialog.getByRole('heading').filter({ hasText: 'ct_state=est|rpl|trk' })).toBeVisible();

  await flow.fill('in_port=tun9,tcp');
  await flow.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('This bridge has no port tun9. It has: ');
  await flow.fill('in_port=tun0,tcp,nw_src=10.0.0.0/8');
  await dialog.getByRole('button', { name: 'Follow it' }).click();
  await expect(dialog.getByRole('alert')).toContainText('is a range');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.keyboard.press('o');
  await expect(tryFlow(page).getByRole('textbox', { name: 'Packet' })).toHaveValue('');
});

test('a walk through OVN is told from logical switch to logical router, with the tables folded beneath', async ({ page }) => {
  await open(page, `${OVN}&step=2`);
  const logical = tables(page).getByRole('region', { name: 'OVN’s logical network' });
  await expect(logical.getByRole('listitem').filter({ hasText: 'router ovn_cluster_router' }).first()).toContainText('TTL 64 → 63');
  const first = logical.getByRole('listitem').first();
  await expect(first).toContainText('switch worker1.twcm.cloud');
  await first.locator('summary').first().click();
  const row = first.locator('.of-row').filter({ hasText: 'ls_in' }).first();
  await row.locator('summary').click();
  await row.getByRole('button', { name: 'metadata', exact: true }).first().focus();
  await expect(row.getByRole('tooltip').filter({ hasText: 'which logical switch or router the packet is in' }).first()).toBeVisible();
});

test('what the real switch had cached stands beside the tables, and says where it differs', async ({ page }) => {
  await open(page, '#/antrea?from=node-1/client-1&to=10.10.1.12:8080&step=2');
  const text = await openFile(page, 'node-1/node.txt');
  const cache = [
    'recirc_id(0),in_port(client-1-3353ef),eth_type(0x0800),ipv4(src=10.10.0.11,frag=no), packets:7, bytes:518, used:0.412s, flags:S, actions:ct(zone=65520,nat),recirc(0x2a)',
    'ct_state(+new+trk),recirc_id(0x2a),in_port(client-1-3353ef),eth_type(0x0800),ipv4(frag=no), packets:3, bytes:222, used:9.100s, flags:S, actions:drop',
  ];
  await text.fill(`${(await text.inputValue()).trimEnd()}\n$ ovs-appctl dpctl/dump-flows --names\n${cache.join('\n')}\n`);
  await dumps(page).getByRole('button', { name: 'Close' }).click();
  const cached = inspector(page).getByRole('group', { name: 'In the cache of the real switch' });
  await expect(cached.filter({ hasText: '7 packets (518 bytes)' }).first()).toContainText('It does what the rules say here.');
  await expect(cached.filter({ hasText: '3 packets (222 bytes)' }).first()).toContainText('It does something else than the rules say here.');
  await cached.first().getByRole('button').first().click();
  await expect(dumps(page)).toBeVisible();
});

test.describe('in Korean', () => {
  test.use({ locale: 'ko-KR' });
  test('tables and the form speak Korean', async ({ page }) => {
    await open(page, `${SDN}&step=2`);
    await expect(page.getByRole('group', { name: 'Open vSwitch의 테이블' })).toContainText('br0, 연결 추적을 거쳐 다시');
    await page.getByRole('button', { name: '여기서 플로 시험하기' }).click();
    await expect(page.getByRole('dialog', { name: '플로 시험하기' }).getByRole('status')).toContainText('나가는 곳: vxlan0');
  });
});

for (const theme of ['light', 'dark'] as const) {
  test.describe(`${theme} theme`, () => {
    test.use({ colorScheme: theme });
    test('axe finds nothing in the tables, the logical network and the form', async ({ page }) => {
      await open(page, `${SDN}&step=2`);
      await expect(tables(page)).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await tables(page).getByRole('button', { name: 'Try a flow here' }).click();
      await expect(tryFlow(page).getByRole('status')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await open(page, `${OVN}&step=2`);
      await tables(page).locator('summary').first().click();
      expect(await violations(page)).toEqual([]);
      await open(page, '#/antrea?from=node-1/client-1&to=10.96.20.20:80&step=2');
      await tables(page).getByRole('button', { name: 'Why no other rule?' }).first().click();
      await expect(tables(page).getByRole('button', { name: 'Why no other rule?' }).first()).toHaveAttribute('aria-expanded', 'true');
      expect(await violations(page)).toEqual([]);
    });
  });
}
