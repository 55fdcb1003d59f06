import { ApiFault, type Fault } from '@/api/errors';

/** What the server reads. */
export const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const;
/** What the server takes at most. */
export const MOST_BYTES = 8 * 1024 * 1024;

interface Kept {
  hash: `0x${string}`;
}

/** Gives an image to the server, and says by which hash it is kept. */
export async function uploadImage(file: File): Promise<`0x${string}`> {
  if (!IMAGE_TYPES.some((type) => type === file.type)) throw new ApiFault('IMAGE_UNREADABLE');
  if (file.size > MOST_BYTES) throw new ApiFault('IMAGE_TOO_LARGE');
  const response = await sent(file);
  const answer = (await response.json().catch(() => null)) as unknown;
  if (response.ok && isKept(answer)) return answer.hash;
  throw new ApiFault(codeIn(answer));
}

async function sent(file: File): Promise<Response> {
  try {
    return await fetch('/images', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': file.type },
      body: file,
    });
  } catch {
    throw new ApiFault('NETWORK');
  }
}

function isKept(answer: unknown): answer is Kept {
  return typeof (answer as Kept | null)?.hash === 'string';
}

/** The code of an answer in the form of GraphQL's errors. */
function codeIn(answer: unknown): Fault {
  const errors = (answer as { errors?: { extensions?: { code?: unknown } }[] } | null)?.errors;
  const code = errors?.[0]?.extensions?.code;
  return typeof code === 'string' ? (code as Fault) : 'INTERNAL';
}
