import type { Page } from 'playwright-core';

/** What stands in a picture: its outline from the left of its foot to the right, in a square of 100. */
const VESSELS = {
  jar: 'M38 88 C14 74 16 34 40 26 L41 18 L59 18 L60 26 C84 34 86 74 62 88 Z',
  bottle: 'M36 88 C24 70 34 54 44 44 L45 14 L42 10 L58 10 L55 14 L56 44 C66 54 76 70 64 88 Z',
  bowl: 'M42 88 L40 82 C22 78 14 62 13 46 L87 46 C86 62 78 78 60 82 L58 88 Z',
  tray: 'M16 88 L8 74 L92 74 L84 88 Z M20 74 L20 66 L80 66 L80 74 Z',
  lantern: 'M34 88 L28 84 L28 24 L34 18 L66 18 L72 24 L72 84 L66 88 Z',
} as const;

export type Vessel = keyof typeof VESSELS;

/** A still life that a browser has painted, in PNG. */
export async function stillLife(page: Page, colour: string, vessel: Vessel = 'jar'): Promise<Buffer> {
  const url = await page.evaluate(paintStillLife, { colour, outline: VESSELS[vessel] });
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

/** Runs in the page. */
function paintStillLife({ colour, outline }: { colour: string; outline: string }): string {
  const [width, height] = [900, 675];
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const paint = canvas.getContext('2d');
  if (!paint) throw new Error('nothing can be drawn');
  const wall = paint.createLinearGradient(0, 0, width, 480);
  wall.addColorStop(0, '#f3eee4');
  wall.addColorStop(1, '#d9d0c0');
  paint.fillStyle = wall;
  paint.fillRect(0, 0, width, height);
  const table = paint.createLinearGradient(0, 500, 0, height);
  table.addColorStop(0, '#b59a78');
  table.addColorStop(1, '#8d7455');
  paint.fillStyle = table;
  paint.fillRect(0, 500, width, height);
  paint.filter = 'blur(14px)';
  paint.fillStyle = 'rgba(40, 28, 16, 0.45)';
  paint.beginPath();
  paint.ellipse(490, 585, 190, 26, 0, 0, 7);
  paint.fill();
  paint.filter = 'none';
  paint.translate(190, 130);
  paint.scale(5.2, 5.2);
  const shape = new Path2D(outline);
  const glaze = paint.createLinearGradient(10, 0, 90, 0);
  glaze.addColorStop(0, `color-mix(in srgb, ${colour}, black 30%)`);
  glaze.addColorStop(0.35, `color-mix(in srgb, ${colour}, white 38%)`);
  glaze.addColorStop(0.6, colour);
  glaze.addColorStop(1, `color-mix(in srgb, ${colour}, black 48%)`);
  paint.fillStyle = glaze;
  paint.fill(shape);
  paint.clip(shape);
  paint.filter = 'blur(3px)';
  paint.fillStyle = 'rgba(255, 255, 255, 0.4)';
  paint.beginPath();
  paint.ellipse(36, 50, 3.5, 18, 0.15, 0, 7);
  paint.fill();
  return canvas.toDataURL('image/png');
}
