import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiFault } from '@/api/errors';
import { MOST_BYTES, uploadImage } from './uploadImage';

const HASH = `0x${'ab'.repeat(32)}`;

function answering(status: number, body: unknown) {
  const answer = () => Promise.resolve(new Response(JSON.stringify(body), { status }));
  return vi.spyOn(globalThis, 'fetch').mockImplementation(answer);
}

const file = (type: string, bytes = 10) => new File([new Uint8Array(bytes)], 'cup', { type });
const faultOf = async (given: File) => {
  const refused: unknown = await uploadImage(given).catch((error: unknown) => error);
  return refused instanceof ApiFault ? refused.fault : refused;
};

describe('an image that is uploaded', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is sent as it is and comes back as a hash', async () => {
    const asked = answering(201, { hash: HASH, url: '/images/…' });
    const cup = file('image/png');
    expect(await uploadImage(cup)).toBe(HASH);
    const [url, init] = asked.mock.calls[0] ?? [];
    expect(url).toBe('/images');
    expect(init).toMatchObject({ method: 'POST', headers: { 'content-type': 'image/png' }, body: cup });
  });

  it('is refused here when it cannot be taken, without being sent', async () => {
    const asked = answering(201, { hash: HASH });
    expect(await faultOf(file('image/gif'))).toBe('IMAGE_UNREADABLE');
    expect(await faultOf(file('image/png', MOST_BYTES + 1))).toBe('IMAGE_TOO_LARGE');
    expect(asked).not.toHaveBeenCalled();
  });

  it('tells what the server had against it', async () => {
    answering(422, { errors: [{ message: '…', extensions: { code: 'IMAGE_UNREADABLE' } }] });
    expect(await faultOf(file('image/png'))).toBe('IMAGE_UNREADABLE');
    answering(502, 'bad gateway');
    expect(await faultOf(file('image/png'))).toBe('INTERNAL');
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('away'));
    expect(await faultOf(file('image/png'))).toBe('NETWORK');
  });
});
