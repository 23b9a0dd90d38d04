import { Badge, Progress } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { bytes } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import { CopyButton } from '@/kit/CopyButton';
import { KeyValue } from '@/kit/KeyValue';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';

const datastores = queryOptions({
  queryKey: ['datastores', 'list'],
  queryFn: ({ signal }) => data(api().GET('/datastores', { signal })),
  refetchInterval: 30_000,
});

/** Where the bytes of datasets, artifacts and models lie. */
export function DatastoresPage() {
  const query = useQuery(datastores);
  return (
    <Page
      title="Datastores"
      header={
        <PageHeader
          title="Datastores"
          lead="Where the bytes of datasets, artifacts and models lie. Each file is kept once, under the digest of its content."
        />
      }
    >
      <Answer query={query} rows={4}>
        {(all) =>
          all.map((it) => (
            <Section key={it.name} title={it.title} actions={it.default ? <Badge>Default</Badge> : null}>
              <KeyValue
                items={[
                  ['Name', it.name],
                  ['Kind', it.kind === 'local' ? 'Folder of this machine' : it.kind],
                  [
                    'Location',
                    <span key="location">
                      <code>{it.location}</code> <CopyButton value={it.location} label="Copy the location" />
                    </span>,
                  ],
                  [
                    'Space',
                    <span key="space">
                      {bytes(it.free_bytes)} free of {bytes(it.total_bytes)}
                      <Progress
                        mt={4}
                        maw={280}
                        size={6}
                        aria-label="Space used"
                        value={it.total_bytes ? (1 - it.free_bytes / it.total_bytes) * 100 : 0}
                      />
                    </span>,
                  ],
                ]}
              />
            </Section>
          ))
        }
      </Answer>
    </Page>
  );
}
