/** A key for one thing that a person wants done, however often it has to be sent. */
export function newIdempotencyKey(): string {
  // randomUUID is for secure contexts alone; a shop on one's own network may be none.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
