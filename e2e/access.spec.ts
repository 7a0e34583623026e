import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { expectStep, headline, open, openDumps } from './page.ts';

async function violations(page: Page): Promise<readonly string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.map((v) => `${v.impact ?? ''} ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(' | ')}`);
}

for (const theme of ['light', 'dark'] as const) {
  test.describe(`${theme} theme`, () => {
    test.use({ colorScheme: theme });

    test('axe finds nothing in the page, the drawer, the dumps, help and the list of steps', async ({ page }) => {
      await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=3');
      expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe(theme);
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: 'All steps' }).click();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keys and help' })).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await openDumps(page);
      expect(await violations(page)).toEqual([]);
    });

    test('axe finds nothing on a phone', async ({ page }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=5');
      expect(await violations(page)).toEqual([]);
    });
  });
}

test.describe('in Korean', () => {
  test.use({ locale: 'ko-KR' });

  test('a Korean browser gets Korean, kernel terms stay English, and the language can be switched', async ({ page }) => {
    await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=3');
    await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
    await expect(headline(page)).toHaveText(/[가-힣]/);
    await expect(page.getByRole('button', { name: '다음 단계' })).toBeVisible();
    await expect(page.locator('.eyebrow')).toContainText('PREROUTING');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'English' }).click();
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    await expect(page).toHaveURL(/lang=en/);
  });
});

test('a link in Korean opens in Korean', async ({ page }) => {
  await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&lang=ko');
  await expect(headline(page)).toHaveText(/[가-힣]/);
});

test('the theme can be switched and is remembered', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Dark or light' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('after the page is there it asks nobody for anything but its own parts', async ({ page, baseURL }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await open(page);
  await page.keyboard.press('End');
  await page.getByRole('button', { name: 'Local', exact: true }).click();
  await openDumps(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys and help' })).toBeVisible();
  expect(asked.filter((url) => !url.startsWith(baseURL ?? '') && !url.startsWith('data:') && !url.startsWith('blob:'))).toEqual([]);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the walk is stepped by touch, and the sheet opens and closes', async ({ page }) => {
    await open(page);
    await page.getByRole('button', { name: 'Next step' }).tap();
    await expectStep(page, 2);
    await page.getByRole('button', { name: 'Next step' }).tap();
    await expectStep(page, 3);
    await page.getByRole('button', { name: 'Previous step' }).tap();
    await expectStep(page, 2);
    const sheet = page.getByRole('complementary', { name: 'Inspector' });
    const low = (await sheet.boundingBox())?.height ?? 0;
    await page.getByRole('button', { name: /^Details/ }).tap();
    await expect.poll(async () => (await sheet.boundingBox())?.height ?? 0).toBeGreaterThan(low + 40);
    await expect(headline(page)).toBeInViewport();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

test('reduced motion: a step is simply there', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  await page.keyboard.press('Space');
  await expect(page.getByRole('slider', { name: 'Steps' })).not.toHaveAttribute('aria-valuenow', '1');
});
