import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { Provider } from 'urql';
import { makeClient } from '@/api/client';
import { ApiFault, codeOf } from '@/api/errors';
import { SignOutDocument, ViewerDocument } from '@/api/generated/graphql';
import type { Connected } from '@/features/wallet/WalletContext';
import { type Session, SessionContext, type Viewer } from './SessionContext';
import { signIn } from './signIn';

/** Knows who is signed in. Each session has an API client of its own, so nobody sees what was kept for another. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const { client, viewer, begin } = useClient();
  const { urql } = client;

  const session = useMemo<Session>(
    () => ({
      viewer,
      signIn: async (connected: Connected) => begin(await signIn(urql, connected)),
      signOut: async () => {
        const { error } = await urql.mutation(SignOutDocument, {}).toPromise();
        if (error) throw new ApiFault(codeOf(error));
        begin(null);
      },
    }),
    [viewer, urql, begin],
  );

  return (
    <SessionContext value={session}>
      <Provider value={urql}>{children}</Provider>
    </SessionContext>
  );
}

/** The client of whoever is signed in; `begin` opens the next one's. */
function useClient() {
  const [viewer, setViewer] = useState<Viewer | null>();
  const [client, setClient] = useState(makeClient);

  const begin = useCallback(
    (next: Viewer | null | undefined) => {
      client.close();
      setViewer(next);
      setClient(makeClient());
    },
    [client],
  );

  useEffect(() => {
    // Once for each session that ended: afterwards nobody is signed in, until the server says otherwise.
    if (viewer) return client.onUnauthenticated(() => begin(undefined));
    return undefined;
  }, [client, viewer, begin]);

  useEffect(() => {
    const { unsubscribe } = client.urql.query(ViewerDocument, {}).subscribe(({ data }) => {
      if (data) setViewer(data.me ?? null);
    });
    return () => unsubscribe();
  }, [client]);

  return { client, viewer, begin };
}
