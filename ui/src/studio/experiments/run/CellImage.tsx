import { apiUrl } from '@/kernel/workspace';
import type { Run } from '../queries';

/** The file of a picture in a cell of a table that `mlflow.log_table` wrote. */
export function cellImage(value: unknown): string | null {
  if (typeof value !== 'string' || !value.startsWith('{"type": "image"')) return null;
  try {
    const found = JSON.parse(value) as { filepath?: unknown; compressed_filepath?: unknown };
    const path = found.compressed_filepath ?? found.filepath;
    return typeof path === 'string' ? path : null;
  } catch {
    return null;
  }
}

export function CellImage({ run, value }: { run: Run; value: unknown }) {
  const path = cellImage(value);
  if (!path) return null;
  const src = apiUrl(`/experiments/runs/${run.id}/artifacts/content`, { path, inline: true });
  return <img src={src} alt={path} height={72} loading="lazy" />;
}
