import { Button, Select, Tabs } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { bytes, count } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { toastProblem } from '@/kit/ConfirmUndo';
import { KeyValue } from '@/kit/KeyValue';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { environment, environmentVersions, type EnvironmentDetail } from './queries';
import { ENVIRONMENT_TABS } from './search';

const NAMES = { packages: 'Packages', definition: 'Definition', log: 'Build log', use: 'Use' };

/** One environment: its versions, what is in them, how it was built. */
export function EnvironmentPage() {
  const { name } = useParams({ from: '/w/$ws/experiments/environments/$name' });
  const search = useSearch({ from: '/w/$ws/experiments/environments/$name' });
  const navigate = useNavigate({ from: '/w/$ws/experiments/environments/$name' });
  const query = useQuery(environment(name, search.version));
  const versions = useQuery(environmentVersions(name));
  const it = query.data;
  return (
    <Page
      title={name}
      header={
        <PageHeader
          title={name}
          lead={it?.description || undefined}
          facts={
            it ? (
              <>
                <span>
                  version {it.version}
                  {it.archived ? ', archived' : ''}
                </span>
                <span>
                  {it.container ? `container, ${it.image || 'built from a folder'}` : `Python ${it.python}`}
                </span>
                <span>
                  {count(it.packages)} {it.packages === 1 ? 'package' : 'packages'}
                </span>
                <span>{it.built ? `built, ${bytes(it.bytes ?? 0)}` : 'built when a job needs it'}</span>
                <span>by {it.user}</span>
                <Time at={it.created_at} />
              </>
            ) : null
          }
          actions={
            <>
              <Select
                aria-label="Version"
                w={180}
                data={(versions.data ?? []).map((one) => ({
                  value: String(one.version),
                  label: `Version ${one.version}${one.archived ? ' (archived)' : ''}`,
                }))}
                value={it ? String(it.version) : null}
                onChange={(chosen) =>
                  void navigate({
                    search: (old) => ({ ...old, version: chosen ? Number(chosen) : undefined }),
                  })
                }
                allowDeselect={false}
              />
              {it ? <Archive it={it} /> : null}
            </>
          }
        />
      }
    >
      <Answer query={query}>
        {(found) => (
          <>
            {(found.notes ?? []).map((note) => (
              <Note key={note} title={note} />
            ))}
            <Tabs
              value={search.tab ?? 'packages'}
              onChange={(tab) =>
                void navigate({
                  search: (old) => ({
                    ...old,
                    tab: ENVIRONMENT_TABS.find((known) => known === tab && known !== 'packages'),
                  }),
                  replace: true,
                })
              }
            >
              <Tabs.List mb="md" aria-label="Parts of the environment">
                {ENVIRONMENT_TABS.map((tab) => (
                  <Tabs.Tab key={tab} value={tab}>
                    {tab === 'packages' && found.container ? 'Dockerfile' : NAMES[tab]}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              <Tabs.Panel value="packages">
                {found.container ? (
                  <CodeSnippet label="Dockerfile" code={found.lock} />
                ) : (
                  <CodeSnippet label="Packages" code={packagesOf(found.lock) || 'No packages of its own.'} />
                )}
              </Tabs.Panel>
              <Tabs.Panel value="definition">
                <Definition it={found} />
              </Tabs.Panel>
              <Tabs.Panel value="log">
                <CodeSnippet
                  label="Build log"
                  code={
                    found.build_log ||
                    'It was not built on this machine yet: the first job that needs it does.'
                  }
                />
              </Tabs.Panel>
              <Tabs.Panel value="use">
                <CodeSnippet code={usage(found)} />
                <p>
                  <Link
                    href={at(['experiments'], {
                      q: `tags.\`studiolo.environment\` = '${found.name}:${found.version}'`,
                    })}
                  >
                    Runs with this version
                  </Link>
                </p>
              </Tabs.Panel>
            </Tabs>
          </>
        )}
      </Answer>
    </Page>
  );
}

function packagesOf(lock: string): string {
  return lock
    .split('\n')
    .filter((line) => line && !line.startsWith(' ') && !line.startsWith('#'))
    .map((line) => line.replace(/\s*\\$/, ''))
    .join('\n');
}

function usage(it: EnvironmentDetail): Record<string, string> {
  const reference = `${it.name}:${it.version}`;
  return {
    'Job file': `command: python train.py\ncode: src\nenvironment: azureml:${reference}`,
    Python: `studio.experiments.submit(command="python train.py", code="src", environment="${reference}")`,
    'Command line': `studiolo submit job.yml --set environment=${reference}`,
  };
}

function Definition({ it }: { it: EnvironmentDetail }) {
  const given = it.definition;
  const text = given.conda ?? given.requirements ?? given.pyproject ?? (given.packages ?? []).join('\n');
  return (
    <>
      <KeyValue
        items={[
          ['From', it.source],
          ['Image', it.image],
          ['Python that was asked for', given.python],
          ['Lock', it.lock_hash],
        ]}
      />
      {text ? <CodeSnippet label="As it was described" code={text} /> : null}
    </>
  );
}

/** Hide all versions, or show them again. The page stays on this one: an archived version is found by its number only. */
function Archive({ it }: { it: EnvironmentDetail }) {
  const may = useMay('experiments.write');
  const cache = useQueryClient();
  const navigate = useNavigate({ from: '/w/$ws/experiments/environments/$name' });
  const change = useMutation({
    mutationFn: () =>
      data(
        api().POST(
          it.archived
            ? '/experiments/environments/{name}/restore'
            : '/experiments/environments/{name}/archive',
          { params: { path: { name: it.name }, query: { version: null } } },
        ),
      ),
    onSuccess: async () => {
      const stay = environment(it.name, it.version);
      cache.setQueryData(stay.queryKey, { ...it, archived: !it.archived });
      await navigate({ search: (old) => ({ ...old, version: it.version }), replace: true });
      await cache.invalidateQueries({ queryKey: ['environments'] });
    },
    onError: toastProblem,
  });
  return may ? (
    <Button
      variant="default"
      loading={change.isPending}
      title={
        it.archived
          ? 'Shows all versions in lists again'
          : 'Hides all versions from lists; jobs that name one by its number still find it'
      }
      onClick={() => change.mutate()}
    >
      {it.archived ? 'Restore' : 'Archive'}
    </Button>
  ) : null;
}
