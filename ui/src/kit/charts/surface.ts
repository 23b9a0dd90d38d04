// A surface through scattered points, for the colours behind a scatter.

export interface Sample {
  /** Both from 0 to 1 within the plot. */
  x: number;
  y: number;
  z: number;
}

/**
 * Interpolate z on a grid of `wide` x `tall`, row by row from the bottom: inverse distance weights of power 3
 * (Shepard 1968), NaN further than `reach` from every sample, because there nothing is known.
 */
export function surface(samples: readonly Sample[], wide: number, tall: number, reach = 0.22): Float32Array {
  const grid = new Float32Array(wide * tall).fill(NaN);
  for (let row = 0; row < tall; row += 1) {
    const y = (row + 0.5) / tall;
    for (let column = 0; column < wide; column += 1) {
      const x = (column + 0.5) / wide;
      let sum = 0;
      let weights = 0;
      let least = Infinity;
      for (const sample of samples) {
        const square = (sample.x - x) ** 2 + (sample.y - y) ** 2;
        if (square < least) least = square;
        const weight = 1 / (square + 1e-6) ** 1.5;
        sum += weight * sample.z;
        weights += weight;
      }
      if (least <= reach * reach) grid[row * wide + column] = sum / weights;
    }
  }
  return grid;
}

/** The band (0 to `bands` - 1) of a share from 0 to 1. */
export function bandOf(share: number, bands: number): number {
  return Math.min(bands - 1, Math.max(0, Math.floor(share * bands)));
}

type Rgb = readonly [number, number, number];

export function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** A colour between those of a ramp; NaN has the colour of what is missing. */
export function rampColour(ramp: readonly string[], share: number, missing: string): string {
  if (Number.isNaN(share)) return missing;
  const at = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const [a, b] = [rgb(ramp[Math.floor(at)] ?? missing), rgb(ramp[Math.ceil(at)] ?? missing)];
  const part = at - Math.floor(at);
  const mix = a.map((value, index) => Math.round(value + ((b[index] ?? 0) - value) * part));
  return `rgb(${mix.join(' ')})`;
}
