import { Button, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { toastProblem } from '@/kit/ConfirmUndo';
import { EmptyState } from '@/kit/EmptyState';
import { ErrorState } from '@/kit/ErrorState';
import { Link } from '@/kit/Link';
import { Answer } from '@/kit/Page';
import { ProgressBar } from '@/kit/ProgressBar';
import { FileProfileView } from './file_profile/FileProfileView';
import { ProfileView } from './profile/ProfileView';
import { Renewal } from './profile/Renewal';
import type { Method } from './profile/Correlations';
import { profile } from './queries';
import type { DatasetVersion } from './types';

interface Search {
  column?: string | undefined;
  method?: Method | undefined;
  sort?: string | undefined;
  alerts?: string | undefined;
}

interface Props {
  version: DatasetVersion;
  search: Search;
  onSearch: (change: Partial<Search>) => void;
}

/** The profile, or where it is: queued, at work with its progress, failed with the reason. */
export function ProfileTab({ version, search, onSearch }: Props) {
  const { state, progress, label, error, run_id: run } = version.profile;
  if (state === 'none') return <Unseen version={version} />;
  if (state === 'ready' && version.kind === 'file') return <FileProfileView version={version} />;
  if (state === 'ready') return <Ready version={version} search={search} onSearch={onSearch} />;
  const log = run ? (
    <Link href={at(['experiments', 'runs', run], { tab: 'log' })}>Log of the profile job</Link>
  ) : null;
  if (state === 'failed') {
    return (
      <Stack align="flex-start">
        <ErrorState
          inline
          error={
            new Problem(
              {
                code: 'datasets.profile_failed',
                title: 'The profile failed',
                detail: error ?? '',
                hint: 'Its log says more; then try again.',
              },
              500,
            )
          }
        />
        {log}
        <Again version={version} />
      </Stack>
    );
  }
  return (
    <Stack maw={560}>
      <Text size="sm">
        {state === 'queued'
          ? 'The profile job waits for a free slot of the compute.'
          : version.kind === 'file'
            ? 'The studio is looking at the files. This page shows what they are like as soon as it is known.'
            : 'The studio is looking at every column. This page shows the profile as soon as it is there.'}
      </Text>
      <ProgressBar
        name="Profile"
        done={progress ?? 0}
        total={progress == null ? null : 1}
        unit={(share) => `${Math.round(share * 100)}%`}
        label={label || (state === 'queued' ? 'Queued' : 'Starting')}
      />
      {log}
    </Stack>
  );
}

function Ready({ version, search, onSearch }: Props) {
  const found = useQuery(profile(version.name, version.version));
  return (
    <Answer query={found}>
      {(document) => (
        <Stack gap="lg">
          <Renewal version={version} profile={document} />
          <ProfileView
            profile={document}
            column={search.column}
            onColumn={(column) => onSearch({ column })}
            method={search.method}
            onMethod={(method) => onSearch({ method: method === 'pearson' ? undefined : method })}
            sort={search.sort}
            onSort={(sort) => onSearch({ sort })}
            kind={search.alerts}
            onKind={(alerts) => onSearch({ alerts })}
          />
        </Stack>
      )}
    </Answer>
  );
}

/** Files as they are that nobody has looked at. */
function Unseen({ version }: { version: DatasetVersion }) {
  return (
    <EmptyState
      title="Nobody has looked at these files"
      action={<Again version={version} label="Look at the files" />}
      code={`studiolo datasets profile ${version.name}:${version.version}`}
    >
      A job counts them by size and kind, finds copies, damaged images and files that are not what their names
      say.
    </EmptyState>
  );
}

function Again({ version, label = 'Profile again' }: { version: DatasetVersion; label?: string }) {
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const again = useMutation({
    mutationFn: () =>
      data(
        api().POST('/datasets/{name}/versions/{version}/profile', {
          params: { path: { name: version.name, version: String(version.version) } },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['datasets'] }),
    onError: toastProblem,
  });
  return (
    <Button variant="default" disabled={!may} loading={again.isPending} onClick={() => again.mutate()}>
      {label}
    </Button>
  );
}
