/** Queries that were run in this browser, newest first; of one workspace, whatever the dataset. */
const KEPT = 50;
const key = (workspace: string) => `studiolo.sql.${workspace}`;

export function pastQueries(workspace: string): string[] {
  try {
    const found = JSON.parse(localStorage.getItem(key(workspace)) ?? '[]') as unknown;
    return Array.isArray(found) ? found.map(String) : [];
  } catch {
    return [];
  }
}

export function remember(workspace: string, query: string): void {
  const text = query.trim();
  if (!text) return;
  const next = [text, ...pastQueries(workspace).filter((one) => one !== text)].slice(0, KEPT);
  try {
    localStorage.setItem(key(workspace), JSON.stringify(next));
  } catch {
    // no room or not allowed: a query is run all the same
  }
}
