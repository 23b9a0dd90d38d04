import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes } from '@/kernel/format';
import { problemOf } from '@/kernel/request';
import { CodeView } from '@/kit/code/CodeView';
import { languageOf } from '@/kit/code/language';
import { Answer } from '@/kit/Page';

const SHOWN = 128 * 1024;

/** The beginning of a file of an output, where it is text. */
export function OutputText({ url, file }: { url: string; file: string }) {
  const query = useQuery({
    queryKey: ['pipeline-file', url],
    queryFn: async ({ signal }) => {
      const response = await fetch(url, { signal, headers: { Range: `bytes=0-${SHOWN - 1}` } });
      if (response.status === 416) return { text: '', size: 0, read: 0 }; // an empty file has no first byte
      if (!response.ok) throw await problemOf(response);
      const body = await response.arrayBuffer();
      const size = Number(response.headers.get('content-range')?.split('/')[1] ?? body.byteLength);
      return { text: new TextDecoder().decode(body), size, read: body.byteLength };
    },
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return (
    <Answer query={query} rows={3} inline>
      {({ text, size, read }) =>
        text === '' ? (
          <Text size="sm" c="dimmed">
            The file is empty.
          </Text>
        ) : text.includes('\0') ? (
          <Text size="sm" c="dimmed">
            This file is not text; download it to look at it.
          </Text>
        ) : (
          <>
            {read < size ? (
              <Text size="sm" c="dimmed">
                The first {bytes(read)} of {bytes(size)}.
              </Text>
            ) : null}
            <CodeView text={text} language={languageOf(file)} label={file} />
          </>
        )
      }
    </Answer>
  );
}
