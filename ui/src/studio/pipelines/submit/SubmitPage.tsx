import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { flag, text } from '@/kernel/search';
import { useMay } from '@/kernel/session';
import { Denied } from '@/kit/Denied';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { DeleteDraft } from '../drafts/DeleteDraft';
import { DraftForm } from '../drafts/DraftForm';
import { DraftLead } from '../drafts/DraftLead';
import { SaveDraft } from '../drafts/SaveDraft';
import { draft } from '../drafts/queries';
import { pipelineSpec } from '../queries';
import { YAML } from '../snippets';
import { FromFile } from './FromFile';
import { SpecForm } from './SpecForm';

/** Submit a pipeline: a file with its folder, a draft, or an earlier run with other inputs. */
export function SubmitPage() {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const from = text(raw, 'from');
  const name = text(raw, 'draft');
  const may = useMay('pipelines.write');
  const query = useQuery({ ...pipelineSpec(from ?? ''), enabled: Boolean(from) && !name });
  const kept = useQuery({ ...draft(name ?? ''), enabled: Boolean(name) });
  const title = name ? `Draft ${name}` : from ? 'Edit and run again' : 'Submit a pipeline';
  return (
    <Page
      title={title}
      width="form"
      header={
        <PageHeader
          title={title}
          actions={name && kept.data ? <DeleteDraft kept={kept.data} /> : null}
          lead={
            name && kept.data ? (
              <DraftLead kept={kept.data} />
            ) : from ? (
              'The same steps with other inputs or settings. Steps of which nothing changes take their earlier results.'
            ) : (
              'A pipeline file of Azure ML (version 2) runs as it is; the folder it stands in comes along.'
            )
          }
        />
      }
    >
      <Denied permission="pipelines.write" to="submit pipelines" />
      {!may ? null : name ? (
        <Answer query={kept}>{(found) => <DraftForm key={name} kept={found} />}</Answer>
      ) : from ? (
        <Answer query={query}>
          {(spec) => (
            <SpecForm
              key={from}
              spec={spec}
              problems={[]}
              beside={(wanted) => (
                <SaveDraft holds={{ spec: wanted }} kept={null} title={wanted.name ?? ''} />
              )}
            />
          )}
        </Answer>
      ) : (
        <FromFile
          start={{ text: flag(raw, 'example') ? YAML : '', main: 'pipeline.yml', files: [], spec: null }}
          kept={null}
        />
      )}
    </Page>
  );
}
