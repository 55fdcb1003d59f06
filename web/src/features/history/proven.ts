/** What a proof of an event says, for people: where the event stands, under how many, and by which hashes. */
export function provenBy(json: string): { index: number; size: number; path: readonly string[] } {
  const document = JSON.parse(json) as { checkpoint: string; event: { index: number; proof: string[] } };
  // The second line of a checkpoint is its size (C2SP tlog-checkpoint).
  const [, size = '0'] = document.checkpoint.split('\n');
  return { index: document.event.index, size: Number(size), path: document.event.proof };
}
