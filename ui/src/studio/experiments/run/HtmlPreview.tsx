import { SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { Note } from '@/kit/Note';
import { Answer } from '@/kit/Page';
import { SandboxFrame } from '@/kit/SandboxFrame';
import type { Run } from '../queries';
import { contentLink } from './queries';
import { TextPreview } from './TextPreview';

interface Props {
  run: Run;
  path: string;
}

/** A page of the run in a sandbox of the second origin, or its source. */
export function HtmlPreview({ run, path, url }: Props & { url: string }) {
  const [source, setSource] = useState(false);
  const link = useQuery(contentLink(run.id, path));
  const none = link.error ? Problem.from(link.error).code === 'content.no_second_origin' : false;
  return (
    <>
      {none ? (
        <Note title="Only the source can be shown.">
          <p>
            {Problem.from(link.error).detail} {Problem.from(link.error).hint}
          </p>
        </Note>
      ) : (
        <SegmentedControl
          size="xs"
          mb="sm"
          aria-label="Show as"
          value={source ? 'Source' : 'Page'}
          onChange={(value) => setSource(value === 'Source')}
          data={['Page', 'Source']}
        />
      )}
      {source || none ? (
        <TextPreview run={run} url={url} path={path} look="text" />
      ) : (
        <Answer query={link} inline>
          {({ url: src }) => (
            <>
              <SandboxFrame title={path} src={src} height={640} />
              <Text size="xs" c="dimmed" mt="xs">
                In a sandbox: its scripts see neither the studio nor the network.
              </Text>
            </>
          )}
        </Answer>
      )}
    </>
  );
}
