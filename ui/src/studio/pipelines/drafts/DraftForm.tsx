import { FromFile } from '../submit/FromFile';
import { SpecForm } from '../submit/SpecForm';
import { SaveDraft } from './SaveDraft';
import type { DraftDetail } from './queries';

/** A draft, open: its file with the form below it, or the form alone when it was made without a file. */
export function DraftForm({ kept }: { kept: DraftDetail }) {
  const { file, spec } = kept;
  if (file || !spec)
    return (
      <FromFile
        start={{
          text: file?.text ?? '',
          main: file?.main ?? 'pipeline.yml',
          files: file?.files ?? [],
          spec: spec ?? null,
        }}
        kept={kept}
      />
    );
  return (
    <SpecForm
      spec={spec}
      problems={[]}
      beside={(wanted) => <SaveDraft holds={{ spec: wanted }} kept={kept} title={wanted.name ?? ''} />}
    />
  );
}
