import { expect, type Locator, type Page } from '@playwright/test';

/** Opens the page at a fragment and waits until the first step is on stage. */
export async function open(page: Page, hash = ''): Promise<void> {
  await page.goto(`./${hash}`);
  await page.waitForFunction(() => document.documentElement.dataset['ready'] === 'true');
}

export const inspector = (page: Page): Locator => page.getByRole('complementary', { name: 'Inspector' });
export const stepSlider = (page: Page): Locator => page.getByRole('slider', { name: 'Steps' });
export const verdict = (page: Page): Locator => page.getByRole('region', { name: 'How it ends' });
export const headline = (page: Page): Locator => page.locator('.caption').getByRole('heading');
export const dumps = (page: Page): Locator => page.getByRole('complementary', { name: 'Dumps' });

/** The number of the step that is shown, from 1. */
export const stepNumber = async (page: Page): Promise<number> => Number(await stepSlider(page).getAttribute('aria-valuenow'));
export const stepCount = async (page: Page): Promise<number> => Number(await stepSlider(page).getAttribute('aria-valuemax'));

export const expectStep = (page: Page, step: number): Promise<void> => expect(stepSlider(page)).toHaveAttribute('aria-valuenow', String(step));

/** Takes the branch of chance in which this endpoint answers. */
export async function pickEndpoint(page: Page, address: string): Promise<void> {
  await page.getByRole('button', { name: /^Left to chance/ }).click();
  await page.getByRole('dialog', { name: 'Left to chance' }).getByRole('radio', { name: new RegExp(address.replaceAll('.', '\\.')) }).click();
}

/** Steps, one press at a time, until the request has been delivered to a socket of this namespace; the inspector then shows what it got. */
export async function stepToDelivery(page: Page, namespace: string): Promise<void> {
  const caption = page.locator('.caption');
  for (let guard = 0; guard < 40; guard++) {
    const text = await caption.innerText();
    if (/^\s*Socket/.test(text) && text.split('\n')[0]?.includes(namespace)) return;
    const before = await stepNumber(page);
    await page.getByRole('button', { name: 'Next step' }).click();
    await expectStep(page, before + 1);
  }
  throw new Error(`no delivery in ${namespace}`);
}

/** Opens the dump view from the drawer. */
export async function openDumps(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Scenarios and dumps' }).click();
  await page.getByRole('button', { name: 'Open the dumps' }).click();
  await expect(dumps(page)).toBeVisible();
  return dumps(page);
}

/** Opens a file of a machine in the dump view; its text field. */
export async function openFile(page: Page, path: string): Promise<Locator> {
  const view = await openDumps(page);
  const [host = '', file = ''] = path.split('/');
  await view.locator('section', { has: page.getByRole('heading', { name: host, exact: true }) }).getByRole('button', { name: file, exact: true }).click();
  return view.getByRole('textbox', { name: `Text of ${path}` });
}
