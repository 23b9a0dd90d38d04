interface Column {
  name?: string | null;
  type: string;
  required?: boolean;
  shape?: number[] | null;
  default?: unknown;
}
interface Signature {
  inputs?: Column[];
  outputs?: Column[];
  params?: Column[];
}

export interface SignatureRow {
  direction: string;
  name: string;
  type: string;
  needed: string;
}

/** Inputs, outputs and parameters as rows of one table. */
export function rowsOf(signature: Signature): SignatureRow[] {
  const part = (direction: string, columns: Column[] | undefined): SignatureRow[] =>
    (columns ?? []).map((column, index) => ({
      direction,
      name: column.name ?? `(${index + 1})`,
      type: column.shape ? `${column.type} [${column.shape.join(', ')}]` : column.type,
      needed:
        direction === 'Output'
          ? ''
          : column.default !== undefined && column.default !== null
            ? `else ${JSON.stringify(column.default)}`
            : column.required === false
              ? 'may be empty'
              : 'yes',
    }));
  return [
    ...part('Input', signature.inputs),
    ...part('Output', signature.outputs),
    ...part('Parameter', signature.params),
  ];
}

interface Example {
  columns?: string[];
  rows?: unknown[][];
  raw?: unknown;
}

/** An example as the body of a scoring request. */
export function asRequest(example: Example): string {
  const columns = example.columns ?? [];
  if (columns.length === 0) return JSON.stringify(example.raw);
  return JSON.stringify({ dataframe_split: { columns, data: example.rows ?? [] } });
}
