/**
 * MLflow's client prints links for MLflow's own pages, `<tracking uri>/#/experiments/1/runs/<id>`.
 * Returns the page here that shows the same, or null for any other hash.
 */
export function mlflowAddress(pathname: string, hash: string): string | null {
  const found = /^#\/(experiments|models)\/([^/?]+)(?:\/(runs|versions)\/([^/?]+))?/.exec(hash);
  if (!found) return null;
  const [, noun, first = '', kind, second] = found;
  const space = /^\/w\/[^/]+/.exec(pathname)?.[0] ?? '/w/default';
  if (noun === 'models') {
    return `${space}/models/${first}${kind === 'versions' && second ? `?version=${second}` : ''}`;
  }
  return kind === 'runs' && second ? `${space}/experiments/runs/${second}` : `${space}/experiments/${first}`;
}
