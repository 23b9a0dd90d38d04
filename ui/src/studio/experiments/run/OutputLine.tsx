import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import type { OutputState } from '../queries';

const WORDS: Record<OutputState['state'], string> = {
  waiting: 'when the job has completed',
  ready: 'is being registered',
  registered: '',
  failed: 'could not be registered',
  dropped: 'not registered: the job did not complete',
};

/** What an output becomes, or why it did not. */
export function OutputLine({ it }: { it: OutputState }) {
  const [noun = '', name = '', version] = (it.reference ?? '').split(':');
  if (it.state === 'registered')
    return (
      <>
        {noun}{' '}
        <Link href={at([noun === 'model' ? 'models' : 'datasets', name], version ? { version } : {})}>
          {name}
          {version ? ` version ${version}` : ''}
        </Link>
      </>
    );
  return (
    <>
      {it.asset}: {WORDS[it.state]}
      {it.error ? `. ${it.error}` : ''}
    </>
  );
}

export function RunLink({ id }: { id: string }) {
  return <Link href={at(['experiments', 'runs', id])}>{id.slice(0, 8)}</Link>;
}
