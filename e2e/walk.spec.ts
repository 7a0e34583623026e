import { expect, test } from '@playwright/test';
import { expectStep, headline, inspector, open, pickEndpoint, stepCount, stepNumber, stepSlider, stepToDelivery, verdict } from './page.ts';

test('shows the scenario and the first step of its story before anything is pressed', async ({ page }) => {
  await open(page);
  await expectStep(page, 1);
  expect(await stepCount(page)).toBeGreaterThanOrEqual(8);
  expect(await stepCount(page)).toBeLessThanOrEqual(20);
  await expect(headline(page)).toContainText('172.19.100.2');
  await expect(page.getByRole('button', { name: 'Source: client 10.10.6.91' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Destination: ng-svc 172.19.100.2' })).toBeVisible();
  await expect(verdict(page)).toContainText('10.233.98.0');
  await expect(page.locator('.react-flow__node').filter({ hasText: 'cy01-ceph142' }).first()).toBeVisible();
});

test('plays on one press of Space and stops on the next', async ({ page }) => {
  await open(page);
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(stepSlider(page)).not.toHaveAttribute('aria-valuenow', '1');
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  const stopped = await stepNumber(page);
  await page.waitForTimeout(3_000);
  expect(await stepNumber(page)).toBe(stopped);
});

test('steps with the mouse, and the sentence changes with each step', async ({ page }) => {
  await open(page);
  const first = await headline(page).innerText();
  await page.getByRole('button', { name: 'Next step' }).click();
  await expectStep(page, 2);
  await expect(headline(page)).not.toHaveText(first);
  await page.getByRole('button', { name: 'Previous step' }).click();
  await expect(headline(page)).toHaveText(first);
  await page.getByRole('button', { name: 'Last step' }).click();
  await expectStep(page, await stepCount(page));
  await page.getByRole('button', { name: 'First step' }).click();
  await expectStep(page, 1);
});

test('is walked from start to end with the keyboard alone', async ({ page }) => {
  await open(page);
  const count = await stepCount(page);
  for (let step = 2; step <= count; step++) {
    await page.keyboard.press('ArrowRight');
    await expectStep(page, step);
  }
  await page.keyboard.press('ArrowRight');
  await expectStep(page, count);
  await page.keyboard.press('ArrowLeft');
  await expectStep(page, count - 1);
  await page.keyboard.press('Home');
  await expectStep(page, 1);
  await page.keyboard.press('End');
  await expectStep(page, count);
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.locator('.eyebrow')).toContainText('cy01-ceph142');
  await page.keyboard.press('Shift+ArrowLeft');
  await expectStep(page, 1);
});

test('changes the level of detail by key and keeps the place', async ({ page }) => {
  await open(page, '#/ipvs-metallb?from=client&to=172.19.100.2:80&step=3');
  const host = await page.locator('.eyebrow').innerText();
  const story = await stepCount(page);
  await page.keyboard.press('3');
  await expect(page.getByRole('button', { name: 'Every rule' })).toHaveAttribute('aria-pressed', 'true');
  expect(await stepCount(page)).toBeGreaterThan(story);
  await expect(page.locator('.eyebrow')).toContainText(host.includes('cy01-ceph142') ? 'cy01-ceph142' : 'client');
  await page.keyboard.press('[');
  await expect(page.getByRole('button', { name: 'Hooks' })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('1');
  await expectStep(page, 3);
});

test('opens help with ?, the scenarios with /, and closes both with Escape', async ({ page }) => {
  await open(page);
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys and help' });
  await expect(help).toContainText('Next network namespace');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  await expectStep(page, 1);
  await page.keyboard.press('/');
  const menu = page.getByRole('dialog', { name: 'Scenario' });
  await expect(menu).toContainText('Ping a pod on another node');
  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
});

test('does not take keys for commands while something is typed', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: /^Destination/ }).click();
  await expect(page.getByRole('textbox', { name: /address:port/ })).toBeFocused();
  await page.keyboard.type('10.233.1 23?/');
  await expect(page.getByRole('textbox', { name: /address:port/ })).toHaveValue('10.233.1 23?/');
  await expectStep(page, 1);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByRole('textbox', { name: /address:port/ })).toHaveValue('10.233.1 23?/');
});

test('policy Cluster with the endpoint on the same node: the pod logs the node, and the inspector says so', async ({ page }) => {
  await open(page);
  await pickEndpoint(page, '10.233.98.39');
  await stepToDelivery(page, 'ng-test-rs-cwqr5');
  await expect(inspector(page)).toContainText('10.10.1.142');
  await expect(inspector(page)).not.toContainText('10.233.98.0');
  await expect(verdict(page)).toContainText('10.10.1.142');
});

test('policy Local: the pod logs the client itself, and the inspector says so', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Local', exact: true }).click();
  await stepToDelivery(page, 'ng-test-rs-cwqr5');
  await expect(inspector(page)).toContainText('10.10.6.91');
  await expect(verdict(page)).toContainText('10.10.6.91');
  await page.getByRole('button', { name: 'Last step' }).click();
  await expect(verdict(page)).toContainText(/answer/i);
});

test('lists every branch of chance with its odds, and takes one', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: /^Left to chance/ }).click();
  await page.getByRole('button', { name: 'All outcomes' }).click();
  const outcomes = page.getByRole('dialog', { name: 'All outcomes' });
  await expect(outcomes.getByRole('listitem')).toHaveCount(3);
  await expect(outcomes.getByText('1/3')).toHaveCount(3);
  await outcomes.getByRole('button', { name: /10\.233\.110\.33/ }).click();
  await expect(page.getByRole('button', { name: /^Left to chance: 10\.233\.110\.33/ })).toBeVisible();
});

test('shows the whole walk as a list whose entries are steps', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'All steps' }).click();
  const items = inspector(page).getByRole('listitem');
  await expect(items).toHaveCount(await stepCount(page));
  await items.nth(4).getByRole('button').click();
  await expectStep(page, 5);
  await expect(items.nth(4).getByRole('button')).toHaveAttribute('aria-current', 'step');
});

test('sends another packet when another destination is chosen', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: /^Destination/ }).click();
  await page.getByRole('dialog', { name: 'Destination' }).getByRole('button', { name: /ng-test-rs-kllg4/ }).click();
  await page.getByRole('button', { name: /^Source/ }).click();
  await page.getByRole('dialog', { name: 'Source' }).getByRole('button', { name: /dbg-pod142/ }).click();
  await expect(page).toHaveURL(/from=cy01-ceph142\/dbg-pod142&to=10\.233\.125\.24:80/);
  await expect(verdict(page)).toContainText('10.233.98.50');
});
