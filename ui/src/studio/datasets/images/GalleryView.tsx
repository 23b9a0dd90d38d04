import { Button, Checkbox, Group, Select, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { count } from '@/kernel/format';
import { NoMatch } from '@/kit/EmptyState';
import { IconFile } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { FilePane } from '../files/FilePane';
import { nameOf } from '../files/look';
import { ShowAs } from '../files/ShowAs';
import type { DatasetVersion } from '../types';
import { gallery } from './queries';
import { choices, described } from './words';
import classes from '../datasets.module.css';

export interface GallerySearch {
  label?: string | undefined;
  part?: string | undefined;
  damaged?: boolean | undefined;
  path?: string | undefined;
  view?: 'auto' | 'list' | 'grid' | undefined;
}

interface Props {
  version: DatasetVersion;
  search: GallerySearch;
  onSearch: (change: GallerySearch) => void;
}

/** The images of a version, small, by class and part; the one that is open stands beside them. */
export function GalleryView({ version, search, onSearch }: Props) {
  const { label, part: split, damaged } = search;
  const found = useInfiniteQuery(gallery(version, { label, split, damaged }));
  return (
    <Answer query={found} rows={6}>
      {({ pages }) => {
        const [first] = pages;
        if (!first) return null;
        const images = pages.flatMap((page) => page.items);
        const { path } = search; // it may be one of a page that is not here yet
        const open = images.find((image) => image.path === path);
        return (
          <>
            <Group align="end" mb="md">
              {first.classes.length > 1 ? (
                <Select
                  label="Class"
                  placeholder={`All ${first.classes.length}`}
                  clearable
                  searchable
                  w={220}
                  data={choices(first)}
                  value={label ?? null}
                  onChange={(value) => onSearch({ label: value ?? undefined, path: undefined })}
                />
              ) : null}
              {Object.keys(first.splits).length > 0 ? (
                <Select
                  label="Part"
                  placeholder="All"
                  clearable
                  w={180}
                  data={Object.entries(first.splits).map(([value, images]) => ({
                    value,
                    label: `${value} (${count(images)})`,
                  }))}
                  value={split ?? null}
                  onChange={(value) => onSearch({ part: value ?? undefined, path: undefined })}
                />
              ) : null}
              {first.damaged > 0 ? (
                <Checkbox
                  mb={8}
                  label={`Only the ${count(first.damaged)} that cannot be shown`}
                  checked={damaged ?? false}
                  onChange={(event) =>
                    onSearch({ damaged: event.currentTarget.checked || undefined, path: undefined })
                  }
                />
              ) : null}
              <ShowAs value="grid" onChange={(view) => onSearch({ view })} />
              <Text size="sm" c="dimmed" mb={8} role="status">
                {count(first.total)} of {count(first.images)} images
              </Text>
            </Group>
            {first.total === 0 ? (
              <NoMatch onClear={() => onSearch({ label: undefined, part: undefined, damaged: undefined })} />
            ) : (
              <div className={path ? (classes.split ?? '') : ''}>
                <div aria-busy={found.isPlaceholderData}>
                  <div className={classes.images}>
                    {images.map((image) => (
                      <button
                        key={image.path}
                        type="button"
                        aria-pressed={image.path === path}
                        title={
                          image.error ? `${image.path}: ${image.error}` : `${image.path}: ${described(image)}`
                        }
                        onClick={() => onSearch({ path: image.path === path ? undefined : image.path })}
                      >
                        {image.small ? (
                          <img src={image.small} alt="" decoding="async" />
                        ) : (
                          <IconFile size={48} stroke={1} aria-hidden />
                        )}
                        <span>{nameOf(image.path)}</span>
                        <Text span size="xs" c={image.error ? 'red' : 'dimmed'}>
                          {image.error ?? image.label ?? ''}
                        </Text>
                      </button>
                    ))}
                  </div>
                  {found.hasNextPage ? (
                    <Button
                      variant="default"
                      mt="md"
                      loading={found.isFetchingNextPage}
                      onClick={() => void found.fetchNextPage()}
                    >
                      Show more
                    </Button>
                  ) : null}
                </div>
                {path ? (
                  <div>
                    {open ? (
                      <Text size="sm" mb="xs">
                        {open.error ? `It cannot be shown: ${open.error}` : described(open)}
                      </Text>
                    ) : null}
                    <FilePane key={path} version={version} path={path} />
                  </div>
                ) : null}
              </div>
            )}
          </>
        );
      }}
    </Answer>
  );
}
