/** What is shown of a notebook (nbformat 4, and the older 3, whose cells are in worksheets). */
export interface Notebook {
  language: string;
  cells: Cell[];
}

export interface Cell {
  kind: 'code' | 'markdown' | 'raw';
  source: string;
  count: number | null;
  outputs: Output[];
}

export type Output =
  | { kind: 'text'; text: string; error?: boolean }
  | { kind: 'image'; src: string }
  | { kind: 'html'; html: string }
  | { kind: 'markdown'; text: string };

type Raw = Record<string, unknown>;
const asRaw = (value: unknown): Raw => (typeof value === 'object' && value !== null ? (value as Raw) : {});
const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const joined = (value: unknown): string =>
  Array.isArray(value) ? value.map(String).join('') : typeof value === 'string' ? value : '';

/** Read a notebook; throws a SyntaxError when it is no JSON. */
export function readNotebook(text: string): Notebook {
  const raw = asRaw(JSON.parse(text));
  const cells = asList(raw['cells'] ?? asRaw(asList(raw['worksheets'])[0])['cells']).map(asRaw);
  const metadata = asRaw(raw['metadata']);
  const language = asRaw(metadata['language_info'])['name'] ?? asRaw(metadata['kernelspec'])['language'];
  return {
    language: typeof language === 'string' ? language : 'python',
    cells: cells.map((cell) => ({
      kind: cell['cell_type'] === 'code' ? 'code' : cell['cell_type'] === 'raw' ? 'raw' : 'markdown',
      source: joined(cell['source'] ?? cell['input']),
      count: typeof cell['execution_count'] === 'number' ? cell['execution_count'] : null,
      outputs: asList(cell['outputs']).map(asRaw).flatMap(outputOf),
    })),
  };
}

function outputOf(raw: Raw): Output[] {
  if (raw['output_type'] === 'stream')
    return [{ kind: 'text', text: joined(raw['text']), error: raw['name'] === 'stderr' }];
  if (raw['output_type'] === 'error' || raw['output_type'] === 'pyerr')
    return [{ kind: 'text', text: asList(raw['traceback']).map(String).join('\n'), error: true }];
  const data = { ...raw, ...asRaw(raw['data']) };
  for (const type of ['png', 'jpeg', 'gif'] as const) {
    const image = joined(data[`image/${type}`] ?? data[type]);
    if (image) return [{ kind: 'image', src: `data:image/${type};base64,${image.replaceAll('\n', '')}` }];
  }
  const svg = joined(data['image/svg+xml']);
  if (svg) return [{ kind: 'image', src: `data:image/svg+xml;utf8,${encodeURIComponent(svg)}` }];
  const html = joined(data['text/html'] ?? data['html']);
  if (html) return [{ kind: 'html', html }];
  const markdown = joined(data['text/markdown']);
  if (markdown) return [{ kind: 'markdown', text: markdown }];
  const text = joined(data['text/plain'] ?? data['text']);
  return text ? [{ kind: 'text', text }] : [];
}
