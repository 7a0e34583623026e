import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { expectStep, headline, inspector, open, stepNumber, verdict } from './page.ts';

const builder = (page: Page): Locator => page.getByRole('complementary', { name: 'Change the cluster' });
const yaml = (page: Page): Locator => builder(page).getByRole('textbox', { name: 'Text of objects.yaml' });
const group = (page: Page, name: string): Locator => builder(page).getByRole('group', { name, exact: true });

/** A new cluster with its builder open. */
async function openBuilder(page: Page, hash = '#/new'): Promise<Locator> {
  await open(page, hash);
  await page.keyboard.press('c');
  await expect(builder(page)).toBeVisible();
  return builder(page);
}

async function openYaml(page: Page): Promise<Locator> {
  await builder(page).getByRole('button', { name: 'YAML', exact: true }).click();
  await expect(yaml(page)).toBeFocused();
  return yaml(page);
}

async function replaceIn(field: Locator, from: string, to: string): Promise<void> {
  const value = await field.inputValue();
  expect(value).toContain(from);
  await field.fill(value.replace(from, to));
}

/** What axe finds in a part of the page. */
async function violations(page: Page, part: string): Promise<readonly string[]> {
  // Panels are fetched when they are first asked for.
  await expect(page.locator(part)).toBeVisible();
  const { violations: found } = await new AxeBuilder({ page }).include(part).analyze();
  return found.map((v) => `${v.impact ?? ''} ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(' | ')}`);
}

test('a new cluster by the keyboard alone, and its walk', async ({ page }) => {
  await open(page);
  await page.keyboard.press('n');
  const start = page.getByRole('complementary', { name: 'New cluster' });
  await expect(start.getByRole('textbox', { name: 'Nodes', exact: true })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(builder(page)).toBeVisible();
  await expect(page).toHaveURL(/#\/new\?from=node2\/web-2-1&to=10\.96\.0\.80:80&nodes=4$/);
  await expect(verdict(page)).toContainText('Delivered and answered');
  await expect(builder(page).getByRole('textbox', { name: 'Nodes', exact: true })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(builder(page)).toBeHidden();
  await page.keyboard.press('ArrowRight');
  await expectStep(page, 2);
});

test('the choices of a new cluster are what it is made of', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'MetalLB and IPVS' }).click();
  await page.getByRole('button', { name: /^New cluster/ }).click();
  const start = page.getByRole('complementary', { name: 'New cluster' });
  await start.getByRole('button', { name: 'Fewer: Pods per node' }).click();
  await start.getByRole('combobox', { name: 'Pod network' }).selectOption('Flannel, vxlan');
  await start.getByRole('button', { name: 'ipvs', exact: true }).click();
  await start.getByRole('combobox', { name: 'Version' }).selectOption('1.19');
  await start.getByRole('textbox', { name: 'Network of the nodes' }).fill('172.16.0.0/33');
  await start.getByRole('button', { name: 'Build it' }).click();
  await expect(start.getByRole('alert')).toContainText('192.168.10.0/24');
  await start.getByRole('textbox', { name: 'Network of the nodes' }).fill('172.16.0.0/24');
  await start.getByRole('button', { name: 'Build it' }).click();
  await expect(builder(page)).toBeVisible();
  await expect(page).toHaveURL(/subnet=172\.16\.0\.0\/24&net=flannel-vxlan&proxy=ipvs&k8s=1\.19&pods=1/);
  await expect(verdict(page)).toContainText('Delivered and answered');
  await expect(group(page, 'kube-proxy').getByRole('button', { name: 'ipvs' })).toHaveAttribute('aria-pressed', 'true');
});

test('a service set to Local changes the answer to a client outside, at once, and undo takes it back', async ({ page }) => {
  await openBuilder(page, '#/new?from=client&to=192.168.10.13:30080');
  await expect(verdict(page)).toContainText('takes 10.244.3.0 for its client');
  await group(page, 'From outside').getByRole('button', { name: 'Local' }).click();
  await expect(verdict(page)).toContainText('sees its true client, 198.51.100.10');
  await expect(page).toHaveURL(/&e=1d\./);
  await expect(page.getByRole('button', { name: 'edited' })).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(verdict(page)).toContainText('takes 10.244.3.0 for its client');
  await expect(page).not.toHaveURL(/&e=/);
});

test('a change keeps the reader at the step where they were', async ({ page }) => {
  await openBuilder(page, '#/new?step=4');
  const said = await headline(page).innerText();
  await builder(page).getByRole('button', { name: 'More: Nodes' }).click();
  await expect(page).toHaveURL(/nodes=4/);
  await expect(headline(page)).toHaveText(said);
  expect(await stepNumber(page)).toBe(4);
});

test('the form and the text are one: what is typed shows in the form, comments stay', async ({ page }) => {
  await openBuilder(page);
  const text = await openYaml(page);
  await replaceIn(text, '  type: NodePort\n', '  type: NodePort   # for the client\n  externalTrafficPolicy: Local\n');
  await builder(page).getByRole('button', { name: 'Form', exact: true }).click();
  await expect(group(page, 'From outside').getByRole('button', { name: 'Local' })).toHaveAttribute('aria-pressed', 'true');
  await builder(page).getByRole('button', { name: 'Add a service' }).click();
  await builder(page).getByRole('textbox', { name: 'Name' }).last().fill('shop');
  await page.keyboard.press('Enter');
  await openYaml(page);
  await expect(yaml(page)).toHaveValue(/# for the client\n[^]*name: shop/);
});

test('YAML with a fault: line, column and what would be right; the stage keeps the last good cluster, and nothing typed is lost', async ({ page }) => {
  await openBuilder(page, '#/new?step=3');
  const said = await headline(page).innerText();
  const text = await openYaml(page);
  await replaceIn(text, '  clusterIP: 10.96.0.80', '\tclusterIP: 10.96.0.80');
  const alert = builder(page).getByRole('alert');
  await expect(alert).toContainText('objects.yaml · line 6, column 1');
  await expect(alert).toContainText('YAML takes spaces only');
  await expect(alert).toContainText('as it was before');
  await expect(headline(page)).toHaveText(said);
  await expect(verdict(page)).toContainText('Delivered and answered');
  await builder(page).getByRole('button', { name: 'Form', exact: true }).click();
  await alert.getByRole('button').click();
  await expect(yaml(page)).toBeFocused();
  await expect(yaml(page)).toHaveValue(/\tclusterIP/);
  await replaceIn(yaml(page), '\tclusterIP', '  clusterIP');
  await expect(alert).toBeHidden();
});

test('a link restores the cluster as it was changed', async ({ page, context }) => {
  await openBuilder(page, '#/new?nodes=2&net=flannel-host-gw');
  await group(page, 'Type').getByRole('button', { name: 'LoadBalancer' }).click();
  await group(page, 'From outside').getByRole('button', { name: 'Local' }).click();
  await expect(page).toHaveURL(/&e=1d\./);
  const text = await (await openYaml(page)).inputValue();
  expect(text).toContain('kind: L2Advertisement');
  expect(page.url().length).toBeLessThan(1_000);
  const other = await context.newPage();
  await openBuilder(other, new URL(page.url()).hash);
  await openYaml(other);
  await expect(yaml(other)).toHaveValue(text);
});

test('a line of a compiled node says which object made it, and leads to it', async ({ page }) => {
  await open(page, '#/new?step=2');
  const because = inspector(page).getByRole('button', { name: /^because of Service default\/web, port http/ }).first();
  await because.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Text of objects.yaml' })).toBeFocused();
  await expect(page.locator('.gutter [data-at="true"]')).toBeVisible();
  // The compiled text itself is shown too, and says where it is changed.
  await page.keyboard.press('Escape');
  await inspector(page).getByRole('listitem').filter({ has: page.getByRole('button', { name: /^because of Service default\/web, port http/ }) }).locator('[title^="Open node2/firewall.txt at line"]').first().click();
  await expect(page.getByText('Compiled from the objects')).toBeVisible();
  await page.getByRole('complementary', { name: 'Dumps' }).getByRole('button', { name: /^because of/ }).click();
  await expect(page.getByRole('textbox', { name: 'Text of objects.yaml' })).toBeFocused();
});

test('the text of a machine that the walk never entered is made when it is opened', async ({ page }) => {
  await open(page, '#/new');
  await page.getByRole('button', { name: 'Scenarios and dumps' }).click();
  await page.getByRole('button', { name: 'Open the dumps' }).click();
  const view = page.getByRole('complementary', { name: 'Dumps' });
  await view.locator('section', { has: page.getByRole('heading', { name: 'node3', exact: true }) }).getByRole('button', { name: 'firewall.txt' }).first().click();
  const text = view.getByRole('textbox', { name: 'Text of node3/firewall.txt' });
  await expect(text).toHaveValue(/\*nat\n[^]*KUBE-SERVICES/);
  await expect(text).not.toBeEditable();
});

test('pasted objects become a cluster; what is wrong with them is said and they stay', async ({ page }) => {
  await open(page);
  await page.keyboard.press('n');
  const start = page.getByRole('complementary', { name: 'New cluster' });
  await start.getByRole('button', { name: 'Paste objects' }).click();
  const field = start.getByRole('textbox', { name: 'Kubernetes objects as YAML' });
  await field.fill('kind: Service\nmetadata\n');
  await start.getByRole('button', { name: 'Use them' }).click();
  await expect(start.getByRole('alert')).toContainText('line 2, column 1');
  await field.fill('apiVersion: v1\nkind: Service\nmetadata: {name: web}\n');
  await start.getByRole('button', { name: 'Use them' }).click();
  await expect(start.getByRole('alert')).toContainText('no Node');
  // Ten lines are a cluster.
  await field.fill(['kind: Node', 'metadata: {name: a}', '---', 'kind: Node', 'metadata: {name: b}', '---', 'kind: Pod', 'metadata: {name: p}', '---', 'kind: Pod', 'metadata: {name: q}'].join('\n'));
  await start.getByRole('button', { name: 'Use them' }).click();
  await expect(builder(page)).toBeVisible();
  await expect(page).toHaveURL(/#\/own\?/);
  await expect(verdict(page)).toContainText('Delivered and answered');
});

test('changes that no longer fit into a short link are offered as a file', async ({ page }) => {
  await openBuilder(page);
  const text = await openYaml(page);
  const noise = Array.from({ length: 200 }, (_, i) => `# ${(i * 7919).toString(36)}-${(i * 104_729 + 13).toString(36)}-${(i * 1_299_709 + 7).toString(36)}`).join('\n');
  await text.fill(`${await text.inputValue()}${noise}\n`);
  await expect(builder(page)).toContainText('many chat tools cut links above 2,000');
  const [download] = await Promise.all([page.waitForEvent('download'), builder(page).getByRole('button', { name: 'Download the YAML' }).click()]);
  expect(download.suggestedFilename()).toBe('objects.yaml');
});

test('anything of a scenario made of objects can be changed, and its link holds it', async ({ page, context }) => {
  await openBuilder(page, '#/flannel?from=client&to=192.168.10.11:30080');
  await expect(verdict(page)).toContainText('takes 10.244.1.1 for its client');
  await builder(page).getByText('web', { exact: true }).click();
  await group(page, 'From outside').getByRole('button', { name: 'Local' }).click();
  await expect(verdict(page)).toContainText('sees its true client, 10.10.6.91');
  await expect(page).toHaveURL(/#\/flannel\?.*&e=1d\./);
  const other = await context.newPage();
  await open(other, new URL(page.url()).hash);
  await expect(other.getByRole('button', { name: 'edited' })).toBeVisible();
  await expect(verdict(other)).toContainText('sees its true client, 10.10.6.91');
});

for (const theme of ['light', 'dark'] as const) {
  test.describe(`${theme} theme`, () => {
    test.use({ colorScheme: theme });

    test('axe finds nothing in the builder', async ({ page }) => {
      await open(page, '#/new?step=2');
      expect(await violations(page, '.inspector')).toEqual([]);
      await page.keyboard.press('c');
      await expect(builder(page)).toBeVisible();
      expect(await violations(page, '.builder')).toEqual([]);
      const text = await openYaml(page);
      await text.fill(`${await text.inputValue()}\n\tbad\n`);
      await expect(builder(page).getByRole('alert')).toBeVisible();
      expect(await violations(page, '.builder')).toEqual([]);
      await builder(page).getByRole('button', { name: 'New cluster' }).click();
      await expect(page.getByRole('complementary', { name: 'New cluster' })).toBeVisible();
      expect(await violations(page, '.builder')).toEqual([]);
    });
  });
}

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the builder fills the screen, says how the walk ends, and nothing sticks out', async ({ page }) => {
    await open(page, '#/new');
    await page.getByRole('button', { name: 'What if' }).tap();
    await page.getByRole('button', { name: 'Change anything' }).tap();
    await expect(builder(page).getByRole('status', { name: 'Result' })).toContainText('Delivered and answered');
    await builder(page).getByRole('button', { name: 'More: Nodes' }).tap();
    await expect(page).toHaveURL(/nodes=4/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(await violations(page, '.builder')).toEqual([]);
  });

  test('all what-ifs of a scenario fit into one menu, and each changes the walk', async ({ page }) => {
    await open(page, '#/flannel?from=client&to=192.168.10.242:80');
    await page.getByRole('button', { name: 'What if' }).tap();
    const menu = page.getByRole('dialog', { name: 'What if' });
    await menu.getByRole('group', { name: 'kube-proxy mode' }).getByRole('button', { name: 'ipvs' }).tap();
    await expect(page).toHaveURL(/proxy=ipvs/);
    await menu.getByRole('group', { name: 'externalTrafficPolicy of web' }).getByRole('button', { name: 'Local' }).tap();
    await expect(page).toHaveURL(/proxy=ipvs&policy=Local/);
    await expect(verdict(page)).toContainText('10.10.6.91');
    // A choice that the walk no longer meets leaves the menu while it is looked at.
    await expect(async () => {
      for (const button of await menu.getByRole('button').all()) await expect(button).toBeInViewport({ timeout: 500 });
    }).toPass();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

test('a mode of kube-proxy that is history has a page that says why, where the mode is chosen and where it is met', async ({ page }) => {
  const why = (part: Locator): Locator => part.getByRole('button', { name: 'Why no userspace mode?' });
  await open(page);
  await page.keyboard.press('n');
  const start = page.getByRole('complementary', { name: 'New cluster' });
  await why(start).click();
  const dialog = page.getByRole('dialog', { name: 'kube-proxy’s userspace mode' });
  await expect(dialog).toContainText('1.26 took it out');
  expect(await violations(page, '.userspace')).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await start.getByRole('button', { name: 'Build it' }).click();
  await replaceIn(await openYaml(page), 'mode: iptables', 'mode: userspace');
  await expect(verdict(page)).toContainText(/unknown/i);
  await why(builder(page)).click();
  await expect(dialog).toBeVisible();
});

test('a change that takes the sender away says so, and lets somebody else send or undoes it', async ({ page }) => {
  await openBuilder(page, '#/new?from=node2/web-2-1&to=10.96.0.80:80');
  await builder(page).getByRole('button', { name: 'Fewer: Nodes' }).click();
  await builder(page).getByRole('button', { name: 'Fewer: Nodes' }).click();
  const problem = page.locator('.problem');
  await expect(problem.getByRole('heading')).toHaveText('node2/web-2-1 is not here any more');
  await problem.getByRole('button', { name: 'node1/web-1-1', exact: true }).click();
  await expect(verdict(page)).toContainText('Delivered');
  await expect(page).toHaveURL(/from=node1\/web-1-1/);
});
