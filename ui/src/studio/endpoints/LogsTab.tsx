import { Group, SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { LogBuffer } from '@/kit/log/fold';
import { LogView } from '@/kit/log/LogView';
import { Answer } from '@/kit/Page';
import { deployments, log, type Endpoint } from './queries';
import classes from './endpoints.module.css';

interface Search {
  kind?: 'process' | 'requests' | undefined;
  deployment?: number | undefined;
  q?: string | undefined;
}

export function LogsTab({ endpoint }: { endpoint: Endpoint }) {
  const search: Search = useSearch({ from: '/w/$ws/endpoints/$name' });
  const navigate = useNavigate({ from: '/w/$ws/endpoints/$name' });
  const change = (next: Search) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const kind = search.kind ?? 'process';
  const query = useQuery(log(endpoint.name, kind, search.deployment));
  const all = useQuery(deployments(endpoint.name));
  return (
    <div className={classes.stack}>
      <Group gap="md">
        <SegmentedControl
          aria-label="Which log"
          value={kind}
          onChange={(value) => change({ kind: value === 'requests' ? 'requests' : undefined })}
          data={[
            { value: 'process', label: 'Process' },
            { value: 'requests', label: 'Requests' },
          ]}
        />
        <Select
          aria-label="Deployment"
          data={(all.data ?? []).map((it) => ({
            value: String(it.number),
            label: `Deployment ${it.number} · ${it.state.toLowerCase()}`,
          }))}
          value={String(search.deployment ?? endpoint.latest?.number ?? '')}
          onChange={(value) =>
            change({ deployment: Number(value) === endpoint.latest?.number ? undefined : Number(value) })
          }
          allowDeselect={false}
          w={240}
        />
      </Group>
      <Answer query={query} inline>
        {(found) => <Lines text={found.text} query={search.q} onQuery={(q) => change({ q })} />}
      </Answer>
    </div>
  );
}

interface LinesProps {
  text: string;
  query: string | undefined;
  onQuery: (query: string | undefined) => void;
}

function Lines({ text, query, onQuery }: LinesProps) {
  const lines = useMemo(() => {
    const buffer = new LogBuffer();
    buffer.push(text);
    return buffer.view();
  }, [text]);
  return (
    <LogView
      lines={lines}
      state="following the end"
      label="Log of the endpoint"
      query={query}
      onQuery={onQuery}
      height="calc(100dvh - 340px)"
    />
  );
}
