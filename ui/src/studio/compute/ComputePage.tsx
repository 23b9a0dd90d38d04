import { Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes, count } from '@/kernel/format';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { ClusterList } from './clusters/ClusterList';
import { Gpus } from './Gpus';
import { Holdings } from './Holdings';
import { Limits } from './Limits';
import { MachineList } from './machines/MachineList';
import { computes, type Compute } from './queries';
import { Waiting } from './Waiting';
import classes from './compute.module.css';

/** Where jobs run: what there is, what is used, what waits, and how limits are kept. */
export function ComputePage() {
  const query = useQuery(computes);
  return (
    <Page
      title="Compute"
      header={<PageHeader title="Compute" lead="Jobs run here, each in processes of its own." />}
    >
      <Answer query={query}>
        {(all) => (
          <div className={classes.stack}>
            <ClusterList />
            <MachineList />
            {all.map((compute) => (
              <Machine key={compute.name} compute={compute} />
            ))}
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Machine({ compute: it }: { compute: Compute }) {
  return (
    <>
      <Section title={`${it.title} (${it.host})`}>
        <dl className={`${classes.meters} ${classes.list}`}>
          <Meter
            label="Cores for jobs"
            value={`${it.cores - it.cores_free} of ${it.cores} taken`}
            part={it.cores ? (it.cores - it.cores_free) / it.cores : 0}
            note={`${count(it.machine_cores)} in the machine, load ${it.load.toFixed(2)}`}
          />
          <Meter
            label="Memory of the machine"
            value={`${bytes(it.memory_used_bytes)} of ${bytes(it.machine_memory_bytes)} used`}
            part={it.machine_memory_bytes ? it.memory_used_bytes / it.machine_memory_bytes : 0}
            note={`${bytes(it.memory_bytes)} for jobs, ${bytes(it.memory_reserved_bytes)} reserved`}
          />
          <Meter label="Disk" value={`${bytes(it.disk_free_bytes)} free`} note="of the studio's home" />
        </dl>
      </Section>
      <Section title="GPUs">
        <Gpus compute={it} />
      </Section>
      <Section title="Running now">
        <Holdings compute={it} />
      </Section>
      <Section title="Waiting">
        <Waiting compute={it.name} />
      </Section>
      <Section title="How limits are kept">
        <Limits limits={it.limits} />
      </Section>
    </>
  );
}

function Meter({ label, value, part, note }: { label: string; value: string; part?: number; note: string }) {
  return (
    <div className={classes.meter}>
      <dt>{label}</dt>
      <dd>{value}</dd>
      <dd>
        {part === undefined ? null : (
          <Progress value={Math.min(100, part * 100)} aria-label={label} size={6} />
        )}
      </dd>
      <dd>
        <small>{note}</small>
      </dd>
    </div>
  );
}
