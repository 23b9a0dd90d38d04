import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { count } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { DeletedVersions } from './Bin';
import { Card } from './Card';
import { ofModel, useDeletion } from './Deletion';
import { ModelHeader, useModelActions } from './Header';
import { isPrompt } from './prompt';
import {
  changeModel,
  endpointsOf,
  model as modelQuery,
  versions as versionsQuery,
  type Model,
  type ModelVersion,
} from './queries';
import { Tags } from './Tags';
import { VersionsTable } from './VersionsTable';
import classes from './models.module.css';

export function ModelPage() {
  const { name } = useParams({ from: '/w/$ws/models/$name' });
  const query = useQuery(modelQuery(name));
  const all = useQuery(versionsQuery(name));
  const prompt = query.data ? isPrompt(query.data) : true; // until it is known, nothing is offered that may not fit
  useModelActions(prompt || query.data?.versions === 0 ? null : name, prompt ? undefined : name);
  return (
    <Page
      title={name}
      header={
        query.data ? <Head model={query.data} versions={all.data ?? []} /> : <PageHeader title={name} />
      }
    >
      <Answer query={query}>
        {(it) => (
          <div className={classes.stack}>
            <Card
              key={it.name}
              of="the model"
              text={it.description ?? ''}
              save={(text) => changeModel(it.name, { description: text, tags: {} })}
            />
            <Section title="Tags">
              <Tags tags={it.tags ?? {}} save={(tags) => changeModel(it.name, { tags })} />
            </Section>
            <Section title="Versions">
              <Answer query={all}>{(rows) => <VersionsTable name={name} rows={rows} />}</Answer>
            </Section>
            <DeletedVersions name={name} />
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Head({ model: it, versions }: { model: Model; versions: readonly ModelVersion[] }) {
  const { remove, dialog } = useDeletion(ofModel(it, [...new Set(versions.flatMap(endpointsOf))]));
  return (
    <>
      <ModelHeader
        title={it.name}
        reference={it.name}
        facts={<Facts model={it} />}
        deletion={isPrompt(it) ? 'Delete the prompt' : 'Delete the model'}
        onDelete={() => void remove()}
        deployable={isPrompt(it) ? false : it.versions > 0 || 'It has no version yet that could be deployed'}
        {...(isPrompt(it) ? {} : { newHref: at(['models', 'new'], { name: it.name }) })}
      />
      {dialog}
    </>
  );
}

function Facts({ model: it }: { model: Model }) {
  return (
    <>
      {isPrompt(it) ? <span>prompt</span> : null}
      <span>
        {count(it.versions)} {it.versions === 1 ? 'version' : 'versions'}
      </span>
      {Object.entries(it.aliases ?? {}).map(([alias, number]) => (
        <span key={alias}>
          @{alias} is {number}
        </span>
      ))}
      <span>
        changed <Time at={it.updated_at} />
      </span>
    </>
  );
}
