import { useQuery } from '@tanstack/react-query';
import { bytes } from '@/kernel/format';
import { KeyValue } from '@/kit/KeyValue';
import { kinds, type Machine } from './queries';
import { asks, settingsAsText } from './values';

const SIGNS_IN: Readonly<Record<string, string>> = {
  password: 'a password, sealed',
  private_key: 'a private key, sealed',
  kubeconfig: 'a kubeconfig, sealed',
  token: 'a token, sealed',
};

/** Where a machine is, for people. */
export function where(it: Machine): string {
  if (it.kind === 'kubernetes') return it.check?.host || 'its kubeconfig says';
  if (!it.host) return "the studio's own machine";
  return it.user ? `${it.user}@${it.host}` : it.host;
}

/** What is known of a machine. */
export function Facts({ it }: { it: Machine }) {
  const kind = useQuery(kinds).data?.find((one) => one.name === it.kind);
  const own = settingsAsText(it.settings);
  const cluster = kind?.queues && asks(kind, 'folder');
  const cores = it.cores === null ? 'not known yet' : String(it.cores);
  return (
    <KeyValue
      items={[
        ['Kind', kind?.title ?? it.kind],
        ['Where', it.host ? `${where(it)}:${it.port}` : where(it)],
        [
          'Host key',
          it.host && asks(kind, 'host_key') ? it.host_key || 'none is pinned: nothing is sent there' : null,
        ],
        ['Signs in by', SIGNS_IN[it.sign_in]],
        ...(kind?.fields ?? []).map((field) => [field.title, own[field.name]] as const),
        ['Folder', asks(kind, 'folder') ? it.folder : null],
        ['Python', asks(kind, 'python') ? it.python : null],
        cluster
          ? ['Cores of its largest node', cores]
          : ['Cores for jobs', it.cores === null ? cores : `${it.cores_free} of ${it.cores} free`],
        [
          cluster ? 'Memory of its largest node' : 'Memory for jobs',
          it.memory_bytes === null ? 'not known yet' : bytes(it.memory_bytes),
        ],
        ['Attached by', it.created_by],
      ]}
    />
  );
}
