import { expect, test } from '@playwright/test';
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

test('every scenario opens from its link, and its first packet comes to an end', async ({ page }) => {
  test.slow();
  for (const { id } of cards) {
    await open(page, `#/${id}`);
    await expect(verdict(page), id).toBeVisible({ timeout: 30_000 });
    await expect(verdict(page), id).not.toBeEmpty();
  }
});
