import { bytes, count, counted } from '@/kernel/format';
import { Time } from '@/kit/Time';
import { StepsFact } from './mltable/Steps';
import type { DatasetVersion } from './types';

/** Key facts of a version, in a row. */
export function Facts({ version: it }: { version: DatasetVersion }) {
  const steps = it.table.options?.mltable as unknown[] | undefined;
  return (
    <>
      <span>Version {it.version}</span>
      {it.kind === 'file' ? (
        <span>{count(it.file_count)} files</span>
      ) : (
        <>
          <span>{counted(it.rows, 'row')}</span>
          <span>{counted(it.columns, 'column')}</span>
        </>
      )}
      <span>{bytes(it.size)}</span>
      {steps ? <StepsFact steps={steps} /> : <span>{it.format.replaceAll('_', ' ')}</span>}
      <span>
        by {it.created_by} <Time at={it.created_at} />
      </span>
    </>
  );
}
