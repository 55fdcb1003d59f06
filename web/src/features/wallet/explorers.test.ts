import { expect, it } from 'vitest';
import { EXPLORERS } from './explorers';
import { KNOWN } from './knownChains';

it('knows the explorers of the chains that can be added to a wallet', () => {
  const explorers = KNOWN.map(({ id, blockExplorers }) => [id.toString(), blockExplorers?.default.url]);
  expect(EXPLORERS).toEqual(Object.fromEntries(explorers));
});
