/** The same request in the languages people send it from. */
export function snippets(url: string, body: string): Record<string, string> {
  const compact = shorten(body);
  return {
    curl: `curl ${url} \\\n  -H "Authorization: Bearer $KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${compact.replaceAll("'", "'\\''")}'`,
    Python: `import os\n\nimport requests\n\nreply = requests.post(\n    "${url}",\n    headers={"Authorization": f"Bearer {os.environ['KEY']}"},\n    json=${python(JSON.parse(compact))},\n    timeout=30,\n)\nreply.raise_for_status()\nprint(reply.json())`,
    JavaScript: `const reply = await fetch("${url}", {\n  method: "POST",\n  headers: {\n    Authorization: \`Bearer \${process.env.KEY}\`,\n    "Content-Type": "application/json",\n  },\n  body: JSON.stringify(${compact}),\n});\nif (!reply.ok) throw new Error(await reply.text());\nconsole.log(await reply.json());`,
  };
}

/** One row is enough for an example. */
function shorten(body: string): string {
  const parsed = JSON.parse(body) as { data?: unknown[] };
  return JSON.stringify(parsed.data ? { ...parsed, data: parsed.data.slice(0, 1) } : parsed);
}

/** JSON as Python writes it. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${python(item)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}
