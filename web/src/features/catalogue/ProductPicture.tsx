import { clsx } from 'clsx';
import { useState } from 'react';

/** Muted glazes: ground, shape, second shape. */
const GLAZES = [
  ['#dfe7df', '#7d9c8b', '#4d6f60'],
  ['#ebe3d5', '#c2a078', '#8a6a45'],
  ['#e3e4ea', '#8e96b5', '#5b6488'],
  ['#ecdfda', '#c48b78', '#92574a'],
  ['#e2e8ea', '#86a6ad', '#527880'],
] as const;

interface ProductPictureProps {
  id: string;
  /** What the shop shows of it; without, or when it cannot be fetched, a still life stands there. */
  image?: { readonly url: string; readonly small?: string } | null;
  size?: 'small' | 'medium';
  /** Seen as soon as the page is: fetched at once, before what is further down. */
  first?: boolean;
  className?: string;
}

/** Pixels across of the two that a list may show. */
const [SMALL_PX, MEDIUM_PX] = [320, 640];
/** How wide a card of the grid is. */
const CARD = '(min-width: 64rem) 17rem, (min-width: 48rem) 33vw, 50vw';

/** What a product looks like. The product's name stands beside it, so it says nothing to who cannot see. */
export function ProductPicture({ id, image, size = 'medium', first = false, className }: ProductPictureProps) {
  const [failed, setFailed] = useState<string | null>(null);
  const small = image?.small;
  const url = size === 'small' ? (small ?? image?.url) : image?.url;
  const choice = size === 'medium' && small !== undefined && url !== undefined;
  if (url === undefined || url === failed) return <StillLife id={id} {...(className !== undefined && { className })} />;
  return (
    <img
      {...(choice && { srcSet: `${small} ${SMALL_PX}w, ${url} ${MEDIUM_PX}w`, sizes: CARD })}
      src={url}
      alt=""
      loading={first ? 'eager' : 'lazy'}
      fetchPriority={first ? 'high' : 'auto'}
      decoding="async"
      onError={() => setFailed(url)}
      className={clsx('block bg-sunken object-cover', className)}
    />
  );
}

/** A still life of its own for each product that has no picture: the same id draws the same. */
function StillLife({ id, className }: { id: string; className?: string }) {
  const seed = hash(id);
  const [ground, near, far] = GLAZES[seed % GLAZES.length] ?? GLAZES[0];
  const shift = ((seed >> 4) % 60) - 30;
  const size = 58 + ((seed >> 10) % 22);
  return (
    <svg
      aria-hidden
      viewBox="0 0 320 240"
      preserveAspectRatio="xMidYMid slice"
      className={clsx('block bg-sunken dark:brightness-90', className)}
    >
      <rect width="320" height="240" fill={ground} />
      <rect y="176" width="320" height="64" fill={far} opacity="0.16" />
      <circle cx={206 + shift} cy={70 + (shift >> 1)} r={size / 2} fill={near} opacity="0.35" />
      <path d={vessel(150 - shift, 188, size, (seed >> 16) % 3)} fill={far} />
      <ellipse cx={226 - shift / 2} cy="186" rx={size / 2.4} ry={size / 5} fill={near} />
    </svg>
  );
}

/** A bowl, a jar or a bottle that stands on a line. */
function vessel(x: number, floor: number, size: number, kind: number): string {
  const [w, h] = [size * 0.8, size * 1.5];
  switch (kind) {
    case 0:
      return `M${x - w} ${floor - w} h${2 * w} a${w} ${w} 0 0 1 ${-w * 0.62} ${w} h${-2 * w * 0.38} a${w} ${w} 0 0 1 ${-w * 0.62} ${-w}z`;
    case 1:
      return `M${x - w * 0.4} ${floor - h} h${w * 0.8} q${w * 0.9} ${h * 0.35} ${w * 0.3} ${h} h${-w * 1.4} q${-w * 0.6} ${-h * 0.65} ${w * 0.3} ${-h}z`;
    default:
      return `M${x - w * 0.2} ${floor - h * 1.15} h${w * 0.4} v${h * 0.4} q${w * 0.7} ${h * 0.2} ${w * 0.5} ${h * 0.75} h${-w * 1.4} q${-w * 0.2} ${-h * 0.55} ${w * 0.5} ${-h * 0.75}z`;
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return sum;
}
