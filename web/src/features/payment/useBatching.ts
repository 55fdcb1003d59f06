import { useEffect, useState } from 'react';
import { sendsTogether } from '@/features/wallet/batch';
import type { Connected } from '@/features/wallet/WalletContext';

/** Whether the wallet sends several calls as one; undefined until it has said so. Asked where it is `wanted` alone. */
export function useBatching(connected: Connected | null, chainId: string, wanted: boolean): boolean | undefined {
  const [told, setTold] = useState<{ by: Connected; can: boolean }>();
  useEffect(() => {
    if (!wanted || connected === null) return;
    let current = true;
    void sendsTogether(connected, chainId).then((can) => current && setTold({ by: connected, can }));
    return () => {
      current = false;
    };
  }, [connected, chainId, wanted]);
  if (!wanted || connected === null) return false;
  return told?.by === connected ? told.can : undefined;
}
