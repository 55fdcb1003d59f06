/** Where what happened on a chain can be looked at, by the chain's id: as viem has them, of which each is kilobytes. */
export const EXPLORERS: Readonly<Record<string, string>> = {
  1: 'https://etherscan.io',
  10: 'https://optimistic.etherscan.io',
  137: 'https://polygonscan.com',
  8453: 'https://basescan.org',
  42161: 'https://arbiscan.io',
  84532: 'https://sepolia.basescan.org',
  11155111: 'https://sepolia.etherscan.io',
};

/** Where a transaction can be looked at; null where no explorer is known. */
export function transactionUrl(chainId: string, hash: string): string | null {
  const explorer = EXPLORERS[chainId];
  return explorer === undefined ? null : `${explorer}/tx/${hash}`;
}

/** Where a contract can be looked at; null where no explorer is known. */
export function addressUrl(chainId: string, address: string): string | null {
  const explorer = EXPLORERS[chainId];
  return explorer === undefined ? null : `${explorer}/address/${address}`;
}
