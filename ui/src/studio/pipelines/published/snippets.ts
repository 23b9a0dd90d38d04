import type { PublishedDetail } from './queries';

const SAMPLES: Record<string, unknown> = { string: 'text', number: 0.5, integer: 1, boolean: true };

const wasSent = (value: unknown) => typeof value === 'object' && value !== null && 'files' in value;

/**
 * The inputs of a start: those that it may leave out as they are then, those that it needs with made-up values. Files that were sent
 * when it was published stay as they are: nobody types their digests.
 */
export function sampleInputs(detail: PublishedDetail): Record<string, unknown> {
  const version = detail.versions.find((one) => one.number === detail.default_version);
  const found: Record<string, unknown> = {};
  for (const [name, port] of Object.entries(version?.inputs ?? {})) {
    const kept = version?.values?.[name] ?? port.default;
    if ((kept == null && port.optional) || wasSent(kept)) continue;
    found[name] = kept ??
      port.enum?.[0] ??
      port.min ??
      SAMPLES[port.type ?? 'string'] ?? { type: port.type, path: 'azureml:titanic:1' };
  }
  return found;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** How a start looks in a shell and in Python. `url`: as this browser reaches the studio. */
export function snippets(detail: PublishedDetail, url: string): Record<string, string> {
  const sample = sampleInputs(detail);
  const inputs = JSON.stringify({ inputs: sample });
  const told = Object.entries(sample).map(
    ([name, value]) => ` \\\n  --set ${quoted(`${name}=${plain(value)}`)}`,
  );
  return {
    curl: `curl -X POST ${url} \\\n  -H "Authorization: Bearer $KEY" \\\n  -H "Content-Type: application/json" \\\n  -d ${quoted(inputs)}`,
    Python: `import json, os, urllib.request

request = urllib.request.Request(
    "${url}",
    data=json.dumps(json.loads('''${inputs}''')).encode(),
    headers={"Authorization": "Bearer " + os.environ["KEY"], "Content-Type": "application/json"},
)
run = json.load(urllib.request.urlopen(request))
print(run["run_id"], run["state"], run["url"])`,
    'Command line': `studiolo pipelines published start ${detail.name}${told.join('')}`,
  };
}
