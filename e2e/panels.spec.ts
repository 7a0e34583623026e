import { readFile } from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import type { Verified } from '../src/text/trust.ts';
import { dumps, inspector, open, openDumps, stepSlider } from './page.ts';

const STEP = '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=3';
const trust = (page: Page): Locator => inspector(page).getByRole('button', { name: /^(verified on|modelled)/ });
const dialog = (page: Page, name: string): Locator => page.getByRole('dialog', { name });

/** What the last recorded run of the referee wrote, which may be nothing yet. */
const recorded = async (): Promise<Verified> => JSON.parse(await readFile(new URL('../src/text/verified.json', import.meta.url), 'utf8')) as Verified;

async function violations(page: Page): Promise<readonly string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(' | ')}`);
}

test('the label of a step opens what is verified: by the mouse, and by the keyboard, which gets its place back', async ({ page }) => {
  await open(page, STEP);
  await trust(page).click();
  await expect(dialog(page, 'What is verified')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog(page, 'What is verified')).toBeHidden();
  await trust(page).focus();
  await page.keyboard.press('Enter');
  await expect(dialog(page, 'What is verified').getByRole('heading', { level: 2 })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(trust(page)).toBeFocused();
  await expect(stepSlider(page)).toHaveAttribute('aria-valuenow', '3');
});

test('what is verified lists the kernels that judged, what the step relies on, and every known disagreement', async ({ page }) => {
  const { kernels, known, features } = await recorded();
  await open(page, STEP);
  await trust(page).click();
  const shown = dialog(page, 'What is verified');
  if (kernels.length === 0) {
    await expect(trust(page)).toHaveText('modelled');
    await expect(shown).toContainText('No kernel has judged this version yet');
    return;
  }
  for (const k of kernels) await expect(shown.getByRole('listitem').filter({ hasText: k.release })).toContainText(`${k.probes.toLocaleString('en')} written probes`);
  await expect(shown.getByRole('row', { name: /target:MARK --set-xmark/ })).toBeVisible();
  await expect(shown.getByRole('term')).toHaveCount(known.length);
  for (const k of known) await expect(shown.getByRole('term').filter({ hasText: k.name })).toBeVisible();
  await shown.getByText('Everything that was compared').click();
  await expect(shown.locator('details').getByRole('rowheader')).toHaveCount(Object.keys(features).length + new Set(Object.keys(features).map((f) => f.split(':')[0])).size);
});

for (const theme of ['light', 'dark'] as const) {
  test.describe(`${theme} theme`, () => {
    test.use({ colorScheme: theme });

    test('axe finds nothing in what is verified and in sharing', async ({ page }) => {
      await open(page, STEP);
      await trust(page).click();
      await expect(dialog(page, 'What is verified')).toBeVisible();
      for (const more of await dialog(page, 'What is verified').locator('summary').all()) await more.click();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Share' }).click();
      await expect(dialog(page, 'Share this step')).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  });
}

test('the lab is a shell script that knows the machines, the packet and how to clean up', async ({ page }) => {
  await open(page, STEP);
  await page.getByRole('button', { name: 'Share' }).click();
  const coming = page.waitForEvent('download');
  await dialog(page, 'Share this step').getByRole('button', { name: 'Download lab.sh' }).click();
  const file = await coming;
  expect(file.suggestedFilename()).toBe('lab.sh');
  const script = await readFile(await file.path(), 'utf8');
  expect(script).toMatch(/^#!.*\bbash\n/);
  for (const part of ['netns add $P-cy01-ceph142', '-A KUBE-SERVICES', '172.19.100.2', 'netns del']) expect(script).toContain(part);
  await expect(dialog(page, 'Share this step')).toContainText('lab.sh is among your downloads');
});

test('sharing starts at the button that copies, and Enter copies the link to this very step', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, STEP);
  await page.getByRole('button', { name: 'Share' }).press('Enter');
  await expect(dialog(page, 'Share this step').getByRole('button', { name: 'Copy' })).toBeFocused();
  await expect(page.getByRole('textbox', { name: 'Link' })).toHaveValue(/step=3/);
  await page.keyboard.press('Enter');
  await expect(dialog(page, 'Share this step').getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('to=172.19.100.2:80&step=3');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Share' })).toBeFocused();
});

test('every panel gives the keyboard its place back when it closes', async ({ page }) => {
  await open(page, STEP);
  for (const [button, panel] of [['Keys and help', 'Keys and help'], ['Scenarios and dumps', 'Scenarios and dumps']] as const) {
    await page.getByRole('button', { name: button, exact: true }).press('Enter');
    await expect(dialog(page, panel)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: button, exact: true })).toBeFocused();
  }
  const line = inspector(page).getByRole('button', { name: /-A PREROUTING/ }).first();
  await line.press('Enter');
  await expect(dumps(page).getByRole('textbox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(line).toBeFocused();
  await openDumps(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Scenarios and dumps' })).toBeFocused();
});

test.describe('with text at 200 % on a laptop', () => {
  test.use({ viewport: { width: 720, height: 450 } });

  test('stage, headline, slider and inspector are all still there', async ({ page }) => {
    await open(page, STEP);
    await expect(stepSlider(page)).toBeVisible();
    expect((await page.locator('.stageview').boundingBox())?.height).toBeGreaterThan(100);
    for (const part of [page.locator('.caption .next'), page.getByRole('button', { name: 'Every rule' }), page.getByRole('button', { name: 'Next step' })]) await expect(part).toBeInViewport({ ratio: 1 });
    await page.getByRole('button', { name: 'Next step' }).click();
    await expect(stepSlider(page)).toHaveAttribute('aria-valuenow', '4');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(720);
  });
});
