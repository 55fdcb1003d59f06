import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Account } from './account';
import { setting } from './browser';
import { chain } from './chain';
import { PEOPLE } from './people';
import { emit, installWallet, type Person } from './wallet';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const PHONE = { width: 360, height: 780 } as const;
export const DESK = { width: 1280, height: 860 } as const;
/** Each language, appearance and size with each of the others' two. */
export const LOOKS = [
  { name: 'ko-light-phone', language: 'ko', appearance: 'light', viewport: PHONE },
  { name: 'en-dark-phone', language: 'en', appearance: 'dark', viewport: PHONE },
  { name: 'ko-dark-desk', language: 'ko', appearance: 'dark', viewport: DESK },
  { name: 'en-light-desk', language: 'en', appearance: 'light', viewport: DESK },
] as const;

interface VisitOptions extends BrowserContextOptions {
  /** Whose wallet the browser has. */
  as?: Account | number;
  /** Which server is visited. */
  origin?: string;
  language?: 'ko' | 'en';
  appearance?: 'light' | 'dark';
}

/** Someone with a browser of their own. Where words are looked for, they are English. */
export class Visitor {
  /** What the browser complained of: scripts that failed, and what the Content-Security-Policy held back. */
  private complaints: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly person: Person,
    readonly origin: string,
  ) {
    page.on('console', (message) => message.type() === 'error' && this.complaints.push(message.text()));
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async comes(browser: Browser, options: VisitOptions = {}): Promise<Visitor> {
    const {
      as = PEOPLE.customer,
      origin = setting('GAGE_URL'),
      language = 'en',
      appearance = 'light',
      ...rest
    } = options;
    const context = await browser.newContext({
      locale: language === 'ko' ? 'ko-KR' : 'en-US',
      colorScheme: appearance,
      viewport: PHONE,
      ...rest,
    });
    const person = await installWallet(context, setting('CHAIN_RPC_URL'), as);
    return new Visitor(context, await context.newPage(), person, origin);
  }

  /** Ends the visit; nothing may have gone wrong unseen. */
  async leaves(): Promise<void> {
    await this.context.close();
    expect(this.complaints).toEqual([]);
  }

  /** What had to go wrong. */
  forgives(what: RegExp): void {
    this.complaints = this.complaints.filter((text) => !what.test(text));
  }

  /** Chooses another account in the wallet. */
  async turnsTo(account: Account): Promise<void> {
    this.person.account = account;
    await emit(this.page, 'accountsChanged', [account.address]);
  }

  opens = (path: string) => this.page.goto(this.origin + path);
  button = (name: string | RegExp) => this.page.getByRole('button', { name, exact: typeof name === 'string' });
  link = (name: string | RegExp) => this.page.getByRole('link', { name });
  sees = (text: string | RegExp) => this.page.getByText(text).first().waitFor();
  /** Presses a button of the open dialog. */
  agrees = (name: string) => this.page.getByRole('dialog').getByRole('button', { name }).click();

  /** Nothing serious may be found, and nothing may stand out to the side. */
  async isWellMade(where: string): Promise<void> {
    // A colour on its way from one to the other is neither.
    await this.page.evaluate(() =>
      Promise.allSettled(
        document
          .getAnimations()
          .filter((animation) => animation instanceof CSSTransition)
          .map(({ finished }) => finished),
      ),
    );
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(() =>
      (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
    );
    const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => [where, id, nodes[0]?.html])).toEqual([]);
    const wider = await this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect([where, wider > 0]).toEqual([where, false]);
  }

  async putsIntoCart(product: string): Promise<void> {
    await this.opens(`/products/${encodeURIComponent(product)}`);
    await this.button('Add to cart').click();
    await this.sees('1 is in your cart');
  }

  async signsIn(): Promise<void> {
    await this.button(/^Sign in/)
      .first()
      .click();
    await this.agrees('Browser Wallet');
    await this.page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  opensCart = () => this.page.getByRole('navigation').getByRole('link', { name: /^Cart/ }).click();

  /** From the cart to an order that waits for its payment; its id. */
  async orders(): Promise<string> {
    await this.opensCart();
    await this.link('Check out').click();
    await this.signsIn();
    await this.placesTheOrder();
    await this.page.getByRole('timer').waitFor();
    return this.order();
  }

  /** Orders what needs no delivery. */
  async placesTheOrder(): Promise<void> {
    await this.page.getByRole('radio', { name: 'Nothing to deliver' }).check();
    await this.button('Place the order').click();
  }

  /** The order that is looked at. */
  order(): string {
    return decodeURIComponent(new URL(this.page.url()).pathname.split('/').at(-1) ?? '');
  }

  /** Pays, and follows the payment until it counts. */
  async pays(): Promise<void> {
    await this.button('Pay with the wallet').click();
    await this.isPaid();
  }

  async isPaid(): Promise<void> {
    await this.sees('1 of 2 confirmations');
    await chain.mine();
    await this.sees('Your money is in the escrow');
  }

  /** What the wallet was asked to confirm, in this order. */
  confirmed = () => this.person.confirmed.map(({ method }) => method);
}
