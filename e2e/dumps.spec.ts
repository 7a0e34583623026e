import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { expectStep, inspector, open, openDumps, openFile, pickEndpoint, stepToDelivery, verdict } from './page.ts';

const NODE = 'cy01-ceph142/node.txt';
const MARK_RULE = '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ\n';

/** Deletes the second rule of KUBE-LOAD-BALANCER as a person would: puts the cursor there and presses Delete. */
async function deleteMarkRule(page: Page): Promise<void> {
  const text = await openFile(page, NODE);
  const start = (await text.inputValue()).indexOf(MARK_RULE);
  expect(start).toBeGreaterThan(0);
  await text.evaluate((field, [from, to]) => (field as HTMLTextAreaElement).setSelectionRange(from ?? 0, to ?? 0), [start, start + MARK_RULE.length]);
  await text.press('Delete');
  await expect(text).not.toHaveValue(new RegExp(MARK_RULE.trim()));
}

test('without the rule that marks, the pod on 142 logs the client itself, and the link holds the edit', async ({ page, context }) => {
  await open(page);
  await pickEndpoint(page, '10.233.98.39');
  await expect(verdict(page)).toContainText('10.10.1.142');
  await deleteMarkRule(page);
  await expect(page.getByRole('status', { name: 'Result' })).not.toContainText('10.10.1.142');
  await expect(page.getByRole('status', { name: 'Result' })).toContainText('10.10.6.91');
  await expect(page).toHaveURL(/&e=1d\./);
  await page.getByRole('complementary', { name: 'Dumps' }).getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('button', { name: 'edited' })).toBeVisible();
  await stepToDelivery(page, 'ng-test-rs-cwqr5');
  await expect(inspector(page)).toContainText('10.10.6.91');
  await expect(inspector(page)).not.toContainText('10.10.1.142');
  await expect(page).toHaveURL(/step=/);

  const other = await context.newPage();
  await open(other, new URL(page.url()).hash);
  await expect(other.getByRole('button', { name: 'edited' })).toBeVisible();
  await expect(verdict(other)).toContainText('10.10.6.91');
  await expect(inspector(other)).toContainText('10.10.6.91');
});

test('without the rule that marks and with the endpoint on 143, the answer goes to the client directly and the client resets it', async ({ page }) => {
  await open(page);
  await pickEndpoint(page, '10.233.125.24');
  await deleteMarkRule(page);
  await page.getByRole('complementary', { name: 'Dumps' }).getByRole('button', { name: 'Close' }).click();
  await expect(verdict(page)).toContainText(/the reply is refused/);
  await expect(verdict(page)).toContainText('10.233.125.24');
  await page.getByRole('button', { name: 'All steps' }).click();
  await expect(inspector(page).getByRole('list')).toContainText(/reset/i);
});

test('undo, redo and reset of an edit', async ({ page }) => {
  await open(page);
  await pickEndpoint(page, '10.233.98.39');
  await deleteMarkRule(page);
  const result = page.getByRole('status', { name: 'Result' });
  // Undone before the edit was walked, and after.
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('textbox', { name: `Text of ${NODE}` })).toHaveValue(new RegExp(MARK_RULE.trim()));
  await page.keyboard.press('Control+Shift+z');
  await expect(result).not.toContainText('10.10.1.142');
  await page.keyboard.press('Control+z');
  await expect(result).toContainText('10.10.1.142');
  await expect(page.getByRole('textbox', { name: `Text of ${NODE}` })).toHaveValue(new RegExp(MARK_RULE.trim()));
  await page.keyboard.press('Control+Shift+z');
  await expect(result).not.toContainText('10.10.1.142');
  await page.getByRole('button', { name: 'Reset' }).click();
  await expect(result).toContainText('10.10.1.142');
  await expect(page).not.toHaveURL(/&e=/);
  await expect(page.getByText('edited')).toHaveCount(0);
});

test('an edit that breaks a line keeps the text and lists the line', async ({ page }) => {
  await open(page);
  const text = await openFile(page, NODE);
  const value = await text.inputValue();
  const at = value.indexOf('-A KUBE-LOAD-BALANCER -j');
  const line = value.slice(0, at).split('\n').length;
  await text.fill(`${value.slice(0, at)}-A KUBE-LOAD-BALANCER -m nonsense --what -j KUBE-MARK-MASQ${value.slice(value.indexOf('\n', at))}`);
  const view = page.getByRole('complementary', { name: 'Dumps' });
  await expect(view.getByRole('button', { name: new RegExp(`${NODE.replace('.', '\\.')} · line ${line}`) })).toBeVisible();
  await expect(text).toHaveValue(/-m nonsense/);
});

test('the line that decided opens in its dump', async ({ page }) => {
  await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=3');
  await inspector(page).locator("[title^=\"Open cy01-ceph142/node.txt at line\"]").first().click();
  await expect(page.getByRole('textbox', { name: `Text of ${NODE}` })).toBeFocused();
  await expect(page.locator('.gutter [data-at="true"]')).toBeVisible();
});

test('dumps of one’s own become a world, and their text stays out of the link until somebody says yes', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Scenarios and dumps' }).click();
  await page.getByRole('button', { name: 'Paste dumps' }).click();
  await page.getByRole('textbox', { name: 'Machine' }).fill('node7');
  await page.getByRole('textbox', { name: 'What it printed' }).fill(
    ['$ ip addr', '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default', '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00', '    inet 127.0.0.1/8 scope host lo', '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default', '    link/ether 02:00:00:00:00:07 brd ff:ff:ff:ff:ff:ff', '    inet 192.0.2.7/24 brd 192.0.2.255 scope global eth0', '$ ip route', 'this is no route at all', '192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.7'].join('\n'),
  );
  await page.getByRole('button', { name: 'Use it' }).click();
  await expect(page.getByRole('button', { name: /^Source: node7/ })).toBeVisible();
  await expectStep(page, 1);
  await expect(page).toHaveURL(/#\/own\?from=node7&to=192\.0\.2\.7/);
  expect(page.url()).not.toContain('e=');

  await page.getByRole('button', { name: '1 gap in the dumps' }).click();
  await expect(page.getByRole('button', { name: /node7\/pasted-1\.txt · line 9/ })).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share this step' });
  await expect(dialog).toContainText('would contain the text you pasted');
  await expect(dialog.getByRole('textbox', { name: 'Link' })).not.toHaveValue(/e=/);
  await dialog.getByRole('button', { name: 'Put the text into the link' }).click();
  await expect(dialog.getByRole('textbox', { name: 'Link' })).toHaveValue(/e=1d\./);
});

test('a prompt names the machine until somebody types its name, and what is missing is asked for', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Scenarios and dumps' }).click();
  await page.getByRole('button', { name: 'Paste dumps' }).click();
  const machine = page.getByRole('textbox', { name: 'Machine' });
  const printed = ['root@worker-7:~# ip addr', '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default', '    link/ether 02:00:00:00:00:07 brd ff:ff:ff:ff:ff:ff', '    inet 192.0.2.7/24 brd 192.0.2.255 scope global eth0', 'root@worker-7:~# route -n', 'Kernel IP routing table'].join('\n');
  await page.getByRole('textbox', { name: 'What it printed' }).fill(printed);
  await expect(machine).toHaveValue('worker-7');
  await machine.fill('mine');
  await page.getByRole('textbox', { name: 'What it printed' }).fill(`${printed}\n`);
  await expect(machine).toHaveValue('mine');
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.getByRole('button', { name: '2 gaps in the dumps' }).click();
  await expect(page.getByRole('button', { name: /Add that of “ip route show table all”/ })).toBeVisible();
});

test('a bundle dropped on the window becomes a world', async ({ page }) => {
  await open(page);
  const files = ['client', 'l3', 'cy01-ceph142'].map((host) => ({ name: `${host}.txt`, text: readFileSync(new URL(`../src/scenarios/ipvs-metallb/cluster/${host}/node.txt`, import.meta.url), 'utf8') }));
  const data = await page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    for (const { name, text } of all) transfer.items.add(new File([text], name, { type: 'text/plain' }));
    return transfer;
  }, files);
  await page.dispatchEvent('body', 'dragover', { dataTransfer: data });
  await expect(page.getByText('Drop dumps anywhere')).toBeVisible();
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
  await expect(page).toHaveURL(/#\/own\?from=client/);
  await expect(page.getByText('Drop dumps anywhere')).toBeHidden();
  const view = await openDumps(page);
  await expect(view.getByRole('heading', { name: 'cy01-ceph142' })).toBeVisible();
});

test('a compressed archive of a whole cluster becomes the same world, names and all', async ({ page }) => {
  const folder = fileURLToPath(new URL('../src/scenarios/ipvs-metallb/', import.meta.url));
  const archive = execFileSync('tar', ['czf', '-', '-C', folder, 'cluster']);
  await open(page);
  await page.getByRole('button', { name: 'Scenarios and dumps' }).click();
  await page.getByTestId('choose-files').setInputFiles({ name: 'cluster.tar.gz', mimeType: 'application/gzip', buffer: archive });
  await expect(page).toHaveURL(/#\/own\?/);
  await page.getByRole('button', { name: /^Source/ }).click();
  await page.getByRole('dialog', { name: 'Source' }).getByRole('textbox').fill('client');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Destination/ }).click();
  await page.getByRole('textbox', { name: /address:port/ }).fill('svc/default/ng-svc');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Destination: ng-svc 10\.233\.36\.144/ })).toBeVisible();
  await page.getByRole('button', { name: /^Destination/ }).click();
  await page.getByRole('textbox', { name: /address:port/ }).fill('172.19.100.2:80');
  await page.keyboard.press('Enter');
  await expect(verdict(page)).toContainText('Delivered and answered');
  await expect(verdict(page)).toContainText('takes 10.233.98.0 for its client');
});

test('what is no dump at all is said to be none, and the page stays as it was', async ({ page }) => {
  await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=4');
  await page.getByRole('button', { name: 'Scenarios and dumps' }).click();
  await page.getByTestId('choose-files').setInputFiles({ name: 'poem.txt', mimeType: 'text/plain', buffer: Buffer.from('roses are red\n') });
  await expect(page.getByRole('alert')).toContainText('Nothing in that could be read');
  await page.keyboard.press('Escape');
  await expectStep(page, 4);
});
