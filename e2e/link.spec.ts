import { expect, test } from '@playwright/test';
import { expectStep, headline, open, stepNumber } from './page.ts';

test('the address bar follows every step, choice and level, in words', async ({ page }) => {
  await open(page);
  await expect(page).toHaveURL(/#\/ipvs-metallb\?from=client&to=172\.19\.100\.2:80$/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(/to=172\.19\.100\.2:80&step=3$/);
  await page.getByRole('button', { name: 'Local', exact: true }).click();
  await expect(page).toHaveURL(/&policy=Local/);
  await page.keyboard.press('2');
  await expect(page).toHaveURL(/&detail=hooks/);
  expect(new URL(page.url()).hash.length).toBeLessThanOrEqual(200);
});

test('a link opens exactly the step that its sender saw', async ({ page, context }) => {
  await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&pick=cy01-ceph142.ipvs-rr.2');
  for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(/step=8$/);
  const said = await headline(page).innerText();
  const other = await context.newPage();
  await open(other, new URL(page.url()).hash);
  await expectStep(other, 8);
  await expect(headline(other)).toHaveText(said);
  await expect(other.getByRole('button', { name: /^Left to chance: 10\.233\.98\.39/ })).toBeVisible();
});

test('another link put into the address bar of the open page is opened', async ({ page }) => {
  await open(page);
  await page.evaluate(() => {
    location.hash = '#/ipvs-metallb?from=client&to=172.19.100.2:80&policy=Local&step=4';
  });
  await expect(page.getByRole('button', { name: 'Local', exact: true })).toHaveAttribute('aria-pressed', 'true');
  await expectStep(page, 4);
});

for (const [what, hash, reason] of [
  ['cut in the middle of a word', '#/ipvs-metallb?from=client&to=172.19.100.2:80&ste', /cut off/],
  ['with a step that is none', '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=zwölf', /not a value/],
  ['to a scenario that there is not', '#/ipvs-metalbl?step=3', /no scenario called “ipvs-metalbl”/],
  ['with damaged edits', '#/ipvs-metallb?from=client&to=172.19.100.2:80&e=1d.abc.AAAA', /letters were lost/],
  ['to an address cut short', '#/ipvs-metallb?from=client&to=172.19.10', /172\.19\.10/],
  ['to somebody’s own dumps', '#/own?from=node1&to=10.0.0.1:80', /never put into a link/],
] as const) {
  test(`a link ${what} opens the first scenario, says why and keeps the link`, async ({ page }) => {
    await open(page, hash);
    const alert = page.getByRole('alert');
    await expect(alert).toContainText(reason);
    expect(decodeURI(await alert.getByRole('textbox', { name: /link as it came/ }).inputValue())).toBe(hash);
    await expectStep(page, 1);
    await alert.getByRole('button', { name: 'Close' }).click();
    await expect(page).toHaveURL(/#\/ipvs-metallb\?from=client&to=172\.19\.100\.2:80$/);
  });
}

test('a step beyond the end opens the last one and says so', async ({ page }) => {
  await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=999');
  await expect(page.getByRole('alert')).toContainText('999');
  expect(await stepNumber(page)).toBeGreaterThan(7);
});

test('the share dialog shows the link and copies it', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=5');
  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share this step' });
  await expect(dialog.getByRole('textbox', { name: 'Link' })).toHaveValue(/&step=5$/);
  await dialog.getByRole('button', { name: '한국어' }).click();
  await dialog.getByRole('button', { name: 'Copy' }).click();
  await expect(dialog.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/&step=5&lang=ko$/);
});
