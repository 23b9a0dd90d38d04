import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconPlus } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { where } from './Facts';
import { machines, type Machine } from './queries';

const SAID = { new: 'Not reached yet', ready: 'Ready', silent: 'Does not answer' } as const;
const TITLES: Readonly<Record<string, string>> = {
  ssh: 'SSH',
  slurm: 'Slurm',
  ray: 'Ray',
  kubernetes: 'Kubernetes',
  spark: 'Spark',
  databricks: 'Databricks',
};
const TONES = { new: 'queued', ready: 'completed', silent: 'warning' } as const;

export function MachineState({ machine: it }: { machine: Machine }) {
  const busy = it.state === 'ready' && it.jobs.length > 0;
  return (
    <StatusBadge
      state={it.state}
      tone={busy ? 'running' : TONES[it.state]}
      label={busy ? 'Running' : SAID[it.state]}
    />
  );
}

const COLUMNS: GridColumn<Machine>[] = [
  { id: 'name', header: 'Name', value: (row) => row.name, width: 180, grow: true },
  {
    id: 'state',
    header: 'State',
    value: (row) => SAID[row.state],
    cell: (row) => <MachineState machine={row} />,
    width: 170,
  },
  { id: 'kind', header: 'Kind', value: (row) => TITLES[row.kind] ?? row.kind, width: 110 },
  { id: 'jobs', header: 'Jobs', value: (row) => row.jobs.length, align: 'right', width: 80 },
  {
    id: 'cores',
    header: 'Cores free',
    value: (row) => row.cores_free,
    cell: (row) => (row.cores === null ? '–' : `${row.cores_free} of ${row.cores}`),
    align: 'right',
    width: 120,
  },
  {
    id: 'memory',
    header: 'Memory',
    value: (row) => row.memory_bytes,
    cell: (row) => (row.memory_bytes === null ? '–' : bytes(row.memory_bytes)),
    align: 'right',
    width: 120,
  },
  { id: 'host', header: 'Where', value: where, width: 240 },
  {
    id: 'description',
    header: 'Description',
    value: (row) => row.description || null,
    width: 220,
    optional: true,
  },
];

/** The machines that are attached to the workspace. */
export function MachineList() {
  const query = useQuery(machines);
  const may = useMay('compute.write');
  const follow = useFollow();
  const attach = may ? (
    <Button
      component="a"
      variant="default"
      href={at(['compute', 'machines', 'new'])}
      onClick={(event) => follow(at(['compute', 'machines', 'new']), event)}
      leftSection={<IconPlus size={16} />}
    >
      Attach a machine
    </Button>
  ) : null;
  return (
    <Section title="Attached machines" actions={query.data?.length ? attach : null}>
      <Answer query={query} rows={2} inline>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState
              title="No machine is attached"
              action={attach}
              code={{
                'Command line':
                  'studiolo compute attach box --host 10.0.0.5 --user me --key-file ~/.ssh/id_ed25519',
              }}
            >
              Jobs can run on other machines by SSH, in a Slurm, a Ray, a Kubernetes or a Databricks, and with
              a Spark. A machine needs Python 3.10 and an account, and nothing of the studio.
              {may ? '' : ' Someone with the role Compute Operator can attach one.'}
            </EmptyState>
          ) : (
            <DataGrid
              label="Attached machines"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.name}
              href={(row) => at(['compute', 'machines', row.name])}
            />
          )
        }
      </Answer>
    </Section>
  );
}
