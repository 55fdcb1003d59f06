/** What a server in development tells a page that was built for development; in production there is neither. */
interface Development {
  chains: TestChain[];
}

/** A test chain, and its node on this machine. */
export interface TestChain {
  chainId: string;
  rpcUrl: string;
}

let asked: Promise<Development | null> | undefined;

/** The address of a test chain's node; null in production. */
export async function developmentRpc(chainId: string): Promise<string | null> {
  const told = await development();
  return told?.chains.find((chain) => chain.chainId === chainId)?.rpcUrl ?? null;
}

export function development(): Promise<Development | null> {
  if (!__TEST_WALLETS__) return Promise.resolve(null);
  asked ??= ask();
  return asked;
}

async function ask(): Promise<Development | null> {
  try {
    const response = await fetch('/development.json');
    return response.ok ? ((await response.json()) as Development) : null;
  } catch {
    return null;
  }
}
