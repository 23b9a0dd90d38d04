import { Button, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { count } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { IconChevronDown, IconPlus, IconRocket, IconTrash } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { Card } from './Card';
import { DeleteModel } from './Deletion';
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
  const follow = useFollow();
  const deployHref = at(['endpoints', 'new'], { model: name });
  const newHref = at(['models', 'new'], { name });
  usePageActions(
    useMemo(
      () => [
        { id: 'deploy', label: `Deploy ${name}`, key: 'd', run: () => follow(deployHref) },
        { id: 'register', label: `Register a version of ${name}`, key: 'n', run: () => follow(newHref) },
      ],
      [name, follow, deployHref, newHref],
    ),
  );
  return (
    <Page
      title={name}
      header={
        <PageHeader
          title={name}
          facts={query.data ? <Facts model={query.data} /> : null}
          actions={
            query.data ? (
              <>
                <More model={query.data} versions={all.data ?? []} />
                <Button
                  component="a"
                  variant="default"
                  href={newHref}
                  onClick={(event) => follow(newHref, event)}
                  leftSection={<IconPlus size={16} aria-hidden />}
                >
                  New version
                </Button>
                <Button
                  component="a"
                  href={deployHref}
                  onClick={(event) => follow(deployHref, event)}
                  leftSection={<IconRocket size={16} aria-hidden />}
                >
                  Deploy
                </Button>
              </>
            ) : null
          }
        />
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
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Facts({ model: it }: { model: Model }) {
  return (
    <>
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

function More({ model: it, versions }: { model: Model; versions: readonly ModelVersion[] }) {
  const may = useMay('models.write');
  const [deleting, setDeleting] = useState(false);
  const serving = [...new Set(versions.flatMap(endpointsOf))];
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            color="red"
            disabled={!may}
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => setDeleting(true)}
          >
            Delete the model
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DeleteModel model={it} serving={serving} opened={deleting} onClose={() => setDeleting(false)} />
    </>
  );
}
