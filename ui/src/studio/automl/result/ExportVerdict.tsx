import { bytes, count, metric } from '@/kernel/format';
import { KeyValue } from '@/kit/KeyValue';
import { Note } from '@/kit/Note';
import type { Export } from '../documents';

/** Whether the fast compiled form answers as the model does, with the evidence. */
export function ExportVerdict({ verdict }: { verdict: Export }) {
  return (
    <Note
      tone={verdict.onnx ? 'good' : 'warning'}
      title={
        verdict.onnx ? 'ONNX export verified' : 'ONNX export refused; the model is served in its own form'
      }
    >
      <KeyValue
        items={[
          ['Reason', verdict.reason],
          [
            'Compared on',
            verdict.rows === undefined
              ? null
              : `${count(verdict.rows)} rows (${count(verdict.edge_rows ?? 0)} made at the edges${verdict.test_rows ? `, ${count(verdict.test_rows)} test rows` : ''})`,
          ],
          [
            'Largest difference',
            verdict.max_difference === undefined
              ? null
              : `${metric(verdict.max_difference, 3)}, allowed ${metric(verdict.tolerance, 1)}`,
          ],
          [
            'One row',
            verdict.compiled_ms === undefined
              ? null
              : `${metric(verdict.compiled_ms, 3)} ms compiled, ${metric(verdict.native_ms, 3)} ms in its own form`,
          ],
          ['Size', verdict.compiled_bytes === undefined ? null : bytes(verdict.compiled_bytes)],
        ]}
      />
    </Note>
  );
}
