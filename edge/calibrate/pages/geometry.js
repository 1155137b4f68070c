// Places in the picture, as shares of its width and height; `size` is its width and height.

export const clamp = (value) => Math.min(1, Math.max(0, value));
const cross = (a, b) => a[0] * b[1] - a[1] * b[0];
const minus = (a, b) => [a[0] - b[0], a[1] - b[1]];

// On which side of the line `in` lies: 1 to the right of who looks from start to end, else -1.
export function sideOf(line) {
  return cross(minus(line.end, line.start), line.in_vector) >= 0 ? 1 : -1;
}

// The vector straight across a line towards a side, as it looks on the screen; its length is 1.
export function across(line, side, [width, height]) {
  const along = minus(line.end, line.start);
  const normal = [(-along[1] * height * side) / width, (along[0] * width * side) / height];
  const length = Math.hypot(...normal) || 1;
  return normal.map((value) => value / length);
}

export const lengthOf = (line) => Math.hypot(...minus(line.end, line.start));

export function crossesItself(polygon) {
  const edges = polygon.map((corner, index) => [corner, polygon[(index + 1) % polygon.length]]);
  for (let i = 0; i < edges.length; i += 1)
    for (let j = i + 2; j < edges.length; j += 1)
      if (!(i === 0 && j === edges.length - 1) && meet(...edges[i], ...edges[j])) return true;
  return area(polygon) < 0.0006;
}

function meet(a, b, c, d) {
  const side = (p, q, r) => cross(minus(q, p), minus(r, p));
  return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
}

function area(polygon) {
  const twice = polygon.reduce((sum, corner, index) => sum + cross(corner, polygon[(index + 1) % polygon.length]), 0);
  return Math.abs(twice) / 2;
}

// The polygon with a corner more, in the middle of its longest side.
export function withCorner(polygon) {
  const sides = polygon.map((corner, index) => Math.hypot(...minus(polygon[(index + 1) % polygon.length], corner)));
  const at = sides.indexOf(Math.max(...sides));
  const next = polygon[(at + 1) % polygon.length];
  const middle = [(polygon[at][0] + next[0]) / 2, (polygon[at][1] + next[1]) / 2];
  return [...polygon.slice(0, at + 1), middle, ...polygon.slice(at + 1)];
}

// A person's box from two clicks: opposite corners, or head and feet when one is below the other.
export function personBox(first, second, [width, height]) {
  const tall = Math.abs(second[1] - first[1]);
  let wide = Math.abs(second[0] - first[0]);
  if (wide * width < 0.35 * tall * height) wide = (0.45 * tall * height) / width;
  return { w: wide, h: tall, x: (first[0] + second[0]) / 2, bottom: Math.max(first[1], second[1]) };
}

// The size of a person from one marked box, or from two at different rows.
export function sizeFrom(boxes) {
  const [first, second] = boxes;
  const size = { person_size: [first.w, first.h], person_growth: 0, person_row: clamp(first.bottom) };
  if (second && Math.abs(second.bottom - first.bottom) >= 0.08) {
    const growth = (second.h / first.h - 1) / (second.bottom - first.bottom);
    size.person_growth = Math.min(4, Math.max(0, growth));
  }
  return size;
}
