/** Whether the server can be reached, as requests and the socket of subscriptions last saw it. */
export type Reach = 'reached' | 'lost';

type Listener = () => void;

let reach: Reach = 'reached';
const changes = new Set<Listener>();
const returns = new Set<Listener>();

export const connection = {
  now: (): Reach => reach,

  saw(next: Reach): void {
    if (next === reach) return;
    reach = next;
    changes.forEach((tell) => tell());
    if (next === 'reached') returns.forEach((tell) => tell());
  },

  /** Told of every change. */
  subscribe(listener: Listener): () => void {
    changes.add(listener);
    return () => changes.delete(listener);
  },

  /** Told when the server is back: what is shown may be old. */
  onReturn(listener: Listener): () => void {
    returns.add(listener);
    return () => returns.delete(listener);
  },
};
