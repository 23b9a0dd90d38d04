import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { EmptyState } from '@/kit/EmptyState';
import { IconPlay } from '@/kit/icons';
import { Answer, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import type { DatasetVersion } from '../types';
import { CheckHistory } from './CheckHistory';
import { CheckView } from './CheckView';
import { quality, type Quality, type Rule } from './queries';
import { RulesEditor } from './RulesEditor';
import { RulesTable } from './RulesTable';
import { SqlRuleForm } from './SqlRuleForm';
import { Suggestions } from './Suggestions';

const CODE = {
  Python:
    'studio.datasets.quality.set("titanic", [\n    {"type": "range", "column": "Age", "min": 0, "max": 120, "severity": "block"},\n])',
  'Command line': 'studiolo datasets quality suggest titanic --take',
};

interface Props {
  version: DatasetVersion;
  check: string | undefined;
  onSearch: (change: { check: string | undefined }) => void;
}

/** What the versions of a dataset must hold, how the newest does, and every check there was. */
export function QualityTab({ version: { name: dataset, version }, check, onSearch }: Props) {
  const onCheck = (id: string | undefined) => onSearch({ check: id });
  const found = useQuery(quality(dataset));
  const [mode, setMode] = useState<Mode>('rules');
  return (
    <Answer query={found} rows={4}>
      {(it) => (
        <Stack gap="lg">
          {mode === 'suggest' ? (
            <Suggestions quality={it} onDone={() => setMode('rules')} />
          ) : mode === 'text' ? (
            <RulesEditor dataset={dataset} onDone={() => setMode('rules')} />
          ) : mode === 'sql' ? (
            <SqlRuleForm quality={it} onDone={() => setMode('rules')} />
          ) : (it.rules ?? []).length === 0 ? (
            <NoRules onMode={setMode} />
          ) : (
            <Rules quality={it} version={version} onMode={setMode} onCheck={onCheck} />
          )}
          <CheckHistory dataset={dataset} chosen={check ?? it.last?.id} onChoose={onCheck} />
          {(check ?? it.last?.id) ? <CheckView dataset={dataset} id={check ?? it.last?.id ?? ''} /> : null}
        </Stack>
      )}
    </Answer>
  );
}

type Mode = 'rules' | 'suggest' | 'text' | 'sql';

function NoRules({ onMode }: { onMode: (mode: Mode) => void }) {
  const may = useMay('datasets.write');
  return (
    <EmptyState
      title="No rules yet"
      code={CODE}
      action={
        <>
          <Button disabled={!may} onClick={() => onMode('suggest')}>
            Suggest rules from the profile
          </Button>
          <Button variant="default" disabled={!may} onClick={() => onMode('text')}>
            Write them as YAML
          </Button>
          <Button variant="default" disabled={!may} onClick={() => onMode('sql')}>
            Write one in SQL
          </Button>
        </>
      }
    >
      Rules say what each version must hold: values that are there, unique, in a range. They are checked when
      a version is registered; one that blocks keeps a bad version from being the newest.
    </EmptyState>
  );
}

interface RulesProps {
  quality: Quality;
  version: number;
  onMode: (mode: Mode) => void;
  onCheck: (id: string | undefined) => void;
}

const STATES = {
  none: { tone: 'queued', label: 'Not checked yet' },
  ok: { tone: 'completed', label: 'All rules are kept' },
  failing: { tone: 'warning', label: 'Rules are broken' },
} as const;

function Rules({ quality: it, version, onMode, onCheck }: RulesProps) {
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const path = { name: it.dataset };
  const refresh = () => cache.invalidateQueries({ queryKey: ['datasets'] });
  const check = useMutation({
    mutationFn: () =>
      data(api().POST('/datasets/{name}/quality/checks', { params: { path }, body: { version } })),
    onSuccess: (made) => onCheck(made.id),
    onError: toastProblem,
    onSettled: refresh,
  });
  const save = useMutation({
    mutationFn: (change: { rules?: Rule[]; frequency?: Quality['frequency'] }) =>
      data(
        api().PUT('/datasets/{name}/quality', {
          params: { path },
          body: {
            rules: change.rules ?? it.rules ?? [],
            frequency: 'frequency' in change ? (change.frequency ?? null) : (it.frequency ?? null),
            zone: it.zone ?? 'UTC',
            recipients: it.recipients ?? [],
          },
        }),
      ),
    onError: toastProblem,
    onSettled: refresh,
  });
  const state = STATES[it.state];
  return (
    <Section
      title="Rules"
      actions={
        <Group>
          <Button variant="default" disabled={!may} onClick={() => onMode('suggest')}>
            Suggest more
          </Button>
          <Button variant="default" disabled={!may} onClick={() => onMode('sql')}>
            Add SQL rule
          </Button>
          <Button variant="default" onClick={() => onMode('text')}>
            As YAML
          </Button>
          <Button
            leftSection={<IconPlay size={16} />}
            disabled={!may}
            loading={check.isPending}
            onClick={() => check.mutate()}
          >
            Check version {version}
          </Button>
        </Group>
      }
    >
      <Stack>
        <Group>
          <StatusBadge state={it.state} tone={state.tone} label={state.label} />
          <Text size="sm" c="dimmed">
            Checked when a version is registered, and
          </Text>
          <Select
            aria-label="Checked on a schedule"
            size="xs"
            w={130}
            disabled={!may}
            value={it.frequency ?? 'never'}
            data={[
              { value: 'never', label: 'never else' },
              { value: 'hour', label: 'each hour' },
              { value: 'day', label: 'each day' },
              { value: 'week', label: 'each week' },
              { value: 'month', label: 'each month' },
            ]}
            onChange={(value) =>
              save.mutate({ frequency: value === 'never' ? null : (value as Quality['frequency']) })
            }
            allowDeselect={false}
          />
        </Group>
        <RulesTable quality={it} may={may} onRules={(rules) => save.mutate({ rules })} />
      </Stack>
    </Section>
  );
}
