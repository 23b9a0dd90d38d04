import { Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { count } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import type { Problem } from '@/kernel/problem';
import { ErrorState } from '@/kit/ErrorState';
import { IconFold, IconUnfold } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Loading, Page, PageHeader } from '@/kit/Page';
import { columnsOf, viewList } from './ask';
import { exportedOf, type Direction } from './columns';
import { experimentList } from './experiments';
import { ExperimentRail } from './ExperimentRail';
import { ExportMenu } from './ExportMenu';
import { FirstSteps } from './FirstSteps';
import { QuickFilters } from './QuickFilters';
import { DIRECTIONS, keepUsualColumns } from './question';
import { useRemembered } from './remembered';
import { SearchBox } from './SearchBox';
import { JobLinks } from '../submit/JobLinks';
import { isPlain, readTableSearch, type TableSearch } from './state';
import { TableGrid } from './TableGrid';
import { useQuestion, warmGroups } from './useQuestion';
import { useTableKeys } from './useTableKeys';
import { ViewMenu } from './ViewMenu';
import classes from './table.module.css';

/** All runs of the workspace: jobs, trainings and what MLflow clients log. */
export function RunTable() {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const key = JSON.stringify(raw);
  const search = useMemo(() => readTableSearch(JSON.parse(key) as Record<string, unknown>), [key]);
  const navigate = useNavigate();
  const [directions, setDirections] = useRemembered<Record<string, Direction>>(DIRECTIONS, {});
  const [rail, setRail] = useRemembered('studiolo.experiment-rail', window.innerWidth > 700);
  const change = (next: Partial<TableSearch>) => {
    if (next.group) warmGroups({ ...search, ...next });
    void navigate({ to: '.', search: (old: object) => ({ ...old, ...next }) as never, replace: true });
  };
  const replace = (next: TableSearch) => void navigate({ to: '.', search: next as never });

  const groups = useQuery(experimentList('active'));
  // pages that know an experiment by its name link to it so; the table keeps its id
  const named = search.experiment
    ? (groups.data?.find((one) => one.name === search.experiment)?.id ?? null)
    : undefined;
  useEffect(() => {
    if (named)
      void navigate({
        to: '.',
        search: (old: object) => ({ ...old, experiment: undefined, exp: [named] }) as never,
        replace: true,
      });
  }, [named, navigate]);

  const views = useQuery(viewList);
  const [opened] = useState(() => isPlain(search));
  const asked = useRef(!opened);
  const usual =
    views.data?.find((view) => view.default && view.mine) ?? views.data?.find((view) => view.default);
  useEffect(() => {
    if (asked.current || views.isPending) return;
    asked.current = true;
    if (usual) void navigate({ to: '.', search: { ...usual.state, view: usual.id } as never, replace: true });
  }, [usual, views.isPending, navigate]);

  const known = useQuery(columnsOf(search.exp ?? []));
  const settled = known.isPlaceholderData ? undefined : known.data;
  const question = useQuestion(search, settled, directions);
  const { columns, usual: remembers } = question;
  useEffect(() => {
    if (settled && !search.cols) keepUsualColumns(search, columns);
  }, [settled, search, columns]);
  const waiting =
    (known.isPending && !search.cols && !remembers) || (opened && views.isPending) || Boolean(named);
  const [problem, setProblem] = useState<Problem | null>(null);
  const one =
    search.exp?.length === 1 ? groups.data?.find((group) => group.id === search.exp?.[0]) : undefined;
  const title = search.bin ? 'Bin' : one ? one.name : 'Experiments';
  const lead = search.bin
    ? 'Runs that were deleted. They can be restored until they are removed for good.'
    : (one?.tags['mlflow.note.content'] ??
      'Every run: jobs of this studio, trainings and their trials, and what MLflow clients log.');
  const empty = known.data?.runs === 0 && isPlain(search) && !known.isFetching;
  const follow = useFollow();
  useTableKeys();
  const traces = at(['experiments', 'traces'], one ? { experiment: one.id } : {});

  return (
    <Page
      title={title}
      header={
        <PageHeader
          title={title}
          lead={lead}
          facts={
            one
              ? Object.entries(one.tags)
                  .filter(([name]) => !name.startsWith('mlflow.'))
                  .slice(0, 4)
                  .map(([name, value]) => (
                    <span key={name}>
                      {name}: {value}
                    </span>
                  ))
              : null
          }
          actions={
            <Group gap="sm">
              <Button
                variant="default"
                leftSection={rail ? <IconFold size={14} aria-hidden /> : <IconUnfold size={14} aria-hidden />}
                aria-expanded={rail}
                onClick={() => setRail(!rail)}
              >
                Experiments{search.exp ? ` · ${count(search.exp.length)}` : ''}
              </Button>
              <Button
                component="a"
                variant="default"
                href={traces}
                onClick={(event) => follow(traces, event)}
              >
                Traces
              </Button>
              <ViewMenu
                search={search}
                onView={(view) => replace(view ? { ...readTableSearch(view.state), view: view.id } : {})}
              />
              <ExportMenu
                where={question.where}
                orders={question.orders}
                columns={exportedOf(question.specs, directions)}
              />
              <JobLinks />
            </Group>
          }
        />
      }
    >
      {known.error && !known.data ? (
        <ErrorState error={known.error} onRetry={() => void known.refetch()} />
      ) : empty ? (
        <FirstSteps />
      ) : (
        <div className={classes.split} data-rail={rail || undefined}>
          {rail ? (
            <ExperimentRail
              chosen={search.exp ?? []}
              bin={search.bin ?? false}
              onChoose={(exp) => change({ exp, experiment: undefined, sel: undefined })}
              onBin={(bin) => change({ bin: bin || undefined, sel: undefined })}
            />
          ) : null}
          <div className={classes.main}>
            <SearchBox
              value={search.q ?? ''}
              experiments={question.experiments}
              problem={problem}
              onSearch={(q) => change({ q: q || undefined, sel: undefined })}
            />
            {waiting ? (
              <Loading rows={10} />
            ) : (
              <TableGrid
                search={search}
                question={question}
                experiment={one?.name}
                directions={directions}
                onDirection={(metric, direction) => setDirections({ ...directions, [metric]: direction })}
                onChange={change}
                onProblem={setProblem}
                filters={
                  <QuickFilters search={search} experiments={question.experiments} onChange={change} />
                }
              />
            )}
          </div>
        </div>
      )}
    </Page>
  );
}
