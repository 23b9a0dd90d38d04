import { useQuery } from '@tanstack/react-query';
import { bytes } from '@/kernel/format';
import { KeyValue } from '@/kit/KeyValue';
import { kinds, type Machine } from './queries';
import { settingsAsText } from './values';

const SIGNS_IN: Readonly<Record<string, string>> = {
  password: 'a password, sealed',
  private_key: 'a private key, sealed',
  kubeconfig: 'a kubeconfig, sealed',
};

/** Where a machine is, for people. */
export function where(it: Machine): string {
  if (it.kind === 'kubernetes') return it.check?.host || 'its kubeconfig says';
  return it.host ? `${it.user}@${it.host}` : "the studio's own machine";
}

/** What is known of a machine. */
export function Facts({ it }: { it: Machine }) {
  const kind = useQuery(kinds).data?.find((one) => one.name === it.kind);
  const own = settingsAsText(it.settings);
  const cores = it.cores === null ? 'not known yet' : String(it.cores);
  return (
    <KeyValue
      items={[
        ['Kind', kind?.title ?? it.kind],
        ['Where', it.host ? `${it.user}@${it.host}:${it.port}` : where(it)],
        ['Host key', it.host ? it.host_key || 'none is pinned: nothing is sent there' : null],
        ['Signs in by', SIGNS_IN[it.sign_in]],
        ...(kind?.fields ?? []).map((field) => [field.title, own[field.name]] as const),
        ['Folder', it.folder],
        ['Python', it.python],
        kind?.queues
          ? ['Cores of its largest node', cores]
          : ['Cores for jobs', it.cores === null ? cores : `${it.cores_free} of ${it.cores} free`],
        [
          kind?.queues ? 'Memory of its largest node' : 'Memory for jobs',
          it.memory_bytes === null ? 'not known yet' : bytes(it.memory_bytes),
        ],
        ['Attached by', it.created_by],
      ]}
    />
  );
}
