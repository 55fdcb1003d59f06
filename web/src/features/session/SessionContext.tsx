import { createContext, use } from 'react';
import type { ViewerFragment } from '@/api/generated/graphql';
import type { Connected } from '@/features/wallet/WalletContext';

export type Viewer = ViewerFragment;

export interface Session {
  /** The wallet that is signed in; null for nobody, undefined until the server has said so. */
  viewer: Viewer | null | undefined;
  /** Has the wallet sign a message and opens a session; rejects with what was in the way. */
  signIn: (connected: Connected) => Promise<void>;
  signOut: () => Promise<void>;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('useSession outside of SessionProvider');
  return session;
}
