import { Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { apiUrl } from '@/kernel/workspace';
import { ErrorState } from '@/kit/ErrorState';
import { LogView } from '@/kit/log/LogView';
import { STATE_WORDS, useLog } from '@/kit/log/useLog';
import { Answer, Loading, Section } from '@/kit/Page';
import { nodeLogs, ofNode, shownFirst, type LogSearch, type NodeLog } from './queries';

interface Props {
  name: string;
  /** Of an attached machine: it has one log, and one of each node of its own that a job was on. */
  machine?: boolean;
  search: LogSearch;
  change: (next: LogSearch) => void;
}

/** What happened to each node, also to those that have gone: asked for, its programs, jobs, idle, taken down, errors. */
export function NodeLogs({ name, machine = false, search, change }: Props) {
  const query = useQuery(nodeLogs(name));
  const logs = query.data ?? [];
  const there = query.isSuccess; // before, it has not its height
  const shown = search.node ?? (machine ? name : shownFirst(logs));
  const box = useRef<HTMLDivElement>(null);
  // who follows the link of a node in the table above wants to see its log
  useEffect(() => {
    if (search.node !== undefined && there) box.current?.scrollIntoView({ block: 'nearest' });
  }, [search.node, there]);
  return (
    <div ref={box}>
      <Section
        title={machine ? 'Log' : 'Logs of nodes'}
        actions={
          logs.length > (machine ? 1 : 0) ? (
            <Select
              size="xs"
              w={220}
              aria-label="Node"
              allowDeselect={false}
              value={shown ?? null}
              data={options(logs, shown, machine ? name : undefined)}
              onChange={(node) => change({ node: node ?? undefined, line: undefined })}
            />
          ) : null
        }
      >
        <Answer query={query} rows={3} inline>
          {() =>
            shown === undefined ? (
              <Text size="sm" c="dimmed">
                It has had no node so far. What happens to one is written down here, and stays when the node
                has gone.
              </Text>
            ) : (
              <Shown key={shown} name={name} node={shown} search={search} change={change} />
            )
          }
        </Answer>
      </Section>
    </div>
  );
}

function options(logs: readonly NodeLog[], shown: string | undefined, machine: string | undefined) {
  const found = logs.map((log) => ({
    value: log.node,
    label: log.node === machine ? 'The machine' : `Node ${log.node}${log.up ? '' : ' (gone)'}`,
  }));
  if (shown !== undefined && !logs.some((log) => log.node === shown))
    found.push({ value: shown, label: `Node ${shown}` });
  return found;
}

function Shown({ name, node, search, change }: Props & { node: string }) {
  const source = useMemo(() => ofNode(name, node), [name, node]);
  const log = useLog(source, false);
  const [following, setFollowing] = useState(search.line === undefined);
  if (log.lines.length === 0 && log.problem && log.state !== 'waiting')
    return <ErrorState error={log.problem} onRetry={() => log.go({ at: 'end' })} inline />;
  if (log.state === 'reading' && log.lines.length === 0) return <Loading rows={6} />;
  return (
    <>
      {log.firstLine > 1 ? (
        <Text size="xs" c="dimmed">
          The lines before are gone: of each log the last 512 KiB are kept.
        </Text>
      ) : null}
      <LogView
        lines={log.lines}
        firstLine={log.firstLine}
        state={STATE_WORDS[log.state]}
        label={node === name ? `Log of ${name}` : `Log of node ${node} of ${name}`}
        query={search.q}
        onQuery={(q) => change({ q, line: undefined })}
        line={search.line}
        onLine={(line) => change({ line })}
        following={following}
        onFollow={setFollowing}
        height={320}
        downloadHref={log.size > 0 ? apiUrl(`/compute/${name}/logs/${node}/file`) : undefined}
      />
    </>
  );
}
