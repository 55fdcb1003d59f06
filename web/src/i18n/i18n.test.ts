import { describe, expect, it } from 'vitest';
import deliveryEn from '@/features/delivery/words/en.json';
import deliveryKo from '@/features/delivery/words/ko.json';
import historyEn from '@/features/history/words/en.json';
import historyKo from '@/features/history/words/ko.json';
import ownerEn from '@/features/owner/words/en.json';
import ownerKo from '@/features/owner/words/ko.json';
import en from './en.json';
import ko from './ko.json';

/** Every text with its key, and the places in it that are filled. */
function texts(tree: object, prefix = ''): [key: string, places: string[]][] {
  return Object.entries(tree).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'string'
      ? [[prefix + name, (value.match(/\{\{\w+\}\}|<\w+\/>/g) ?? []).sort()] as [string, string[]]]
      : texts(value as object, `${prefix}${name}.`),
  );
}

describe.each([
  ['of everyone', en, ko],
  ['of deliveries', deliveryEn, deliveryKo],
  ['of owners', ownerEn, ownerKo],
  ['of the history', historyEn, historyKo],
])('the two languages %s', (_, en, ko) => {
  it('have the same texts', () => {
    expect(texts(ko).map(([key]) => key)).toEqual(texts(en).map(([key]) => key));
  });

  it('fill the same places of each', () => {
    const forms = /_(zero|one|other)$/;
    const english = new Map(texts(en));
    // A form for one piece may say it without the number.
    const differing = texts(ko).filter(
      ([key, places]) => !forms.test(key) && String(places) !== String(english.get(key)),
    );
    expect(differing).toEqual([]);
  });
});
