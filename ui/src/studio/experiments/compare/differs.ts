/** Whether runs that are shown have different values; those that are hidden or brushed away do not count. */
export function differs(values: readonly unknown[], shown: readonly number[]): boolean {
  return new Set(shown.map((index) => values[index] ?? null)).size > 1;
}
