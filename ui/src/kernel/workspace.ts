/** The workspace this tab is in, read from the address: `/w/<workspace>/…`. */
export function workspaceOf(pathname: string): string {
  const name = /^\/w\/([^/]+)/.exec(pathname)?.[1];
  return name ? decodeURIComponent(name) : 'default';
}

export function workspace(): string {
  return workspaceOf(window.location.pathname);
}

type Search = Record<string, string | number | boolean | readonly string[] | null | undefined>;

/** Search params as plain text, empty values left out, lists joined by commas: short addresses to paste. */
export function stringifySearch(search: Search): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (value === undefined || value === null || value === '' || value === false) continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    if (text) params.set(key, text);
  }
  const text = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text ? `?${text}` : '';
}

export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Address of a page of this workspace: `at(['datasets', name], { tab: 'profile' })`. */
export function at(segments: readonly (string | number)[], search: Search = {}): string {
  const path = ['w', workspace(), ...segments].map((part) => encodeURIComponent(part)).join('/');
  return `/${path}${stringifySearch(search)}`;
}

/** Address of an API resource for links the browser follows itself (downloads, event streams, uploads). */
export function apiUrl(path: string, search: Search = {}): string {
  return `/w/${encodeURIComponent(workspace())}/api${path}${stringifySearch(search)}`;
}
