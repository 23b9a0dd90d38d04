import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { flag, text } from '@/kernel/search';
import { useMay } from '@/kernel/session';
import { Denied } from '@/kit/Denied';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { pipelineSpec } from '../queries';
import { YAML } from '../snippets';
import { FromFile } from './FromFile';
import { SpecForm } from './SpecForm';

/** Submit a pipeline: a file with its folder, or an earlier run with other inputs. */
export function SubmitPage() {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const from = text(raw, 'from');
  const may = useMay('pipelines.write');
  const query = useQuery({ ...pipelineSpec(from ?? ''), enabled: Boolean(from) });
  return (
    <Page
      title="Submit a pipeline"
      width="form"
      header={
        <PageHeader
          title={from ? 'Edit and run again' : 'Submit a pipeline'}
          lead={
            from
              ? 'The same steps with other inputs or settings. Steps of which nothing changes take their earlier results.'
              : 'A pipeline file of Azure ML (version 2) runs as it is; the folder it stands in comes along.'
          }
        />
      }
    >
      <Denied permission="pipelines.write" to="submit pipelines" />
      {!may ? null : from ? (
        <Answer query={query}>{(spec) => <SpecForm key={from} spec={spec} problems={[]} />}</Answer>
      ) : (
        <FromFile start={flag(raw, 'example') ? YAML : ''} />
      )}
    </Page>
  );
}
