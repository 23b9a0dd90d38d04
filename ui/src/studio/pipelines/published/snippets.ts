import type { PublishedDetail } from './queries';

const SAMPLES: Record<string, unknown> = { string: 'text', number: 0.5, integer: 1, boolean: true };

/** Inputs that a start needs, with made-up values: data by an address. */
export function sampleInputs(detail: PublishedDetail): Record<string, unknown> {
  const version = detail.versions.find((one) => one.number === detail.default_version);
  const found: Record<string, unknown> = {};
  for (const [name, port] of Object.entries(version?.inputs ?? {})) {
    if ((version?.given ?? []).includes(name) || port.optional || port.default != null) continue;
    found[name] = port.enum?.[0] ??
      port.min ??
      SAMPLES[port.type ?? 'string'] ?? { type: port.type, path: 'azureml:titanic:1' };
  }
  return found;
}

/** How a start looks in a shell and in Python. `url`: as this browser reaches the studio. */
export function snippets(detail: PublishedDetail, url: string): Record<string, string> {
  const inputs = JSON.stringify({ inputs: sampleInputs(detail) });
  return {
    curl: `curl -X POST ${url} \\\n  -H "Authorization: Bearer $KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${inputs.replaceAll("'", "'\\''")}'`,
    Python: `import json, os, urllib.request

request = urllib.request.Request(
    "${url}",
    data=json.dumps(json.loads('''${inputs}''')).encode(),
    headers={"Authorization": "Bearer " + os.environ["KEY"], "Content-Type": "application/json"},
)
run = json.load(urllib.request.urlopen(request))
print(run["run_id"], run["state"], run["url"])`,
    'Command line': `studiolo pipelines published start ${detail.name}`,
  };
}
