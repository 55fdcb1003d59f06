import { describe, expect, it } from 'vitest';
import { refusalOf, WalletRefusal } from './refusal';

describe('what a wallet says is told as', () => {
  it.each([
    [
      'the person saying no',
      { code: 4001, message: 'MetaMask Tx Signature: User denied transaction signature.' },
      'rejected',
    ],
    ['a prompt that is open already', { code: -32002, message: 'Request already pending' }, 'pending'],
    ['a chain that the wallet does not know', { code: 4902, message: 'Unrecognized chain ID' }, 'unknownChain'],
    [
      'the same, as mobile wallets wrap it',
      { code: -32603, message: 'Internal error', data: { originalError: { code: 4902 } } },
      'unknownChain',
    ],
    [
      'too little money, in the node’s own words',
      { code: -32603, data: { code: -32000, message: 'insufficient funds for gas * price + value' } },
      'insufficientFunds',
    ],
    [
      'too little money, of Ganache',
      { code: -32003, message: 'VM Exception: sender does not have enough funds' },
      'insufficientFunds',
    ],
    [
      'a call that would fail',
      { code: -32000, message: 'VM Exception while processing transaction: revert' },
      'wouldFail',
    ],
    ['an error in an error', new Error('outer', { cause: { code: 4900 } }), 'disconnected'],
    ['one who wants nothing sent together', { code: 5750, message: 'rejected upgrade' }, 'notTogether'],
    ['something else', new Error('?'), 'unknown'],
    ['nothing', undefined, 'unknown'],
    ['a text', 'no', 'unknown'],
    ['what the page saw itself', new WalletRefusal('wrongAccount'), 'wrongAccount'],
  ])('%s', (_, error, refusal) => {
    expect(refusalOf(error)).toBe(refusal);
  });

  it('ends with errors that hold themselves', () => {
    const error: { cause?: unknown } = {};
    error.cause = error;
    expect(refusalOf(error)).toBe('unknown');
  });
});
