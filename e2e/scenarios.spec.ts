import { expect, type Page, test } from '@playwright/test';
import { cards } from '../src/scenarios/cards.ts';
import { open, verdict } from './page.ts';

test('a scenario’s question puts the walk on stage that answers it, and reads the answer off', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Scenarios and dumps' }).click();
  const drawer = page.getByRole('dialog', { name: 'Scenarios and dumps' });
  const question = drawer.getByRole('button', { name: 'And under policy Local?' });
  await question.focus();
  await page.keyboard.press('Enter');
  await expect(drawer.getByText('10.10.6.91 (eth0 · client)')).toBeVisible();
  await expect(page).toHaveURL(/policy=Local/);
});

/** Words of the top bar that end in an ellipsis. */
const cutWords = (page: Page): Promise<readonly (string | null)[]> =>
  page.locator('.top :is(.pick, .word) > span').evaluateAll((words) =>
    words
      .filter((word) => {
        const text = document.createRange();
        text.selectNodeContents(word);
        return text.getBoundingClientRect().width > word.getBoundingClientRect().width + 0.05;
      })
      .map((word) => word.textContent),
  );

test.describe('on a wide screen', () => {
  test.use({ viewport: { width: 1440, height: 900 } });

  test('every scenario opens from its link, its first packet comes to an end, and its names can be read', async ({ page }) => {
    test.slow();
    for (const { id } of cards) {
      await open(page, `#/${id}`);
      await expect(verdict(page), id).toBeVisible({ timeout: 30_000 });
      await expect(verdict(page), id).not.toBeEmpty();
      await expect.poll(() => cutWords(page), id).toEqual([]);
    }
  });
});

test('an incident is asked in people’s words, told, and mended by a button', async ({ page }) => {
  await open(page, '#/incidents-node');
  await expect(verdict(page)).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Scenarios and dumps' }).click();
  const drawer = page.getByRole('dialog', { name: 'Scenarios and dumps' });
  const question = drawer.getByRole('button', { name: 'Why does a node not answer on its second address?' });
  await question.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/incident=rpfilter/);
  await expect(drawer.getByText(/With rp_filter=1 the kernel asks/)).toBeVisible();
  // The packet is the one that shows it.
  await expect(page).toHaveURL(/to=10\.20\.0\.11:30080/);
  const mended = drawer.getByRole('button', { name: 'Show it mended' });
  await mended.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/state=fixed/);
  await expect(mended).toHaveAttribute('aria-pressed', 'true');
});
