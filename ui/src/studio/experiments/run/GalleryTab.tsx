import { Slider, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { count } from '@/kernel/format';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { IconSearch } from '@/kit/icons';
import { Answer, Section } from '@/kit/Page';
import { runOverview, type Run } from '../queries';
import type { RunSearch } from './search';
import { FolderCards } from './GalleryCards';
import { galleryOf, imagesAt, loggedTables, type Gallery } from './gallery';
import { ImageCard } from './ImageCard';
import { runFiles } from './queries';
import classes from './gallery.module.css';

interface Props {
  run: Run;
  search: RunSearch;
  change: (next: RunSearch, replace?: boolean) => void;
}

/** Pictures by step, plots and tables of a run, side by side. */
export function GalleryTab({ run, search, change }: Props) {
  const files = useQuery(runFiles(run));
  const overview = useQuery(runOverview(run));
  const tag = overview.data?.tags['mlflow.loggedArtifacts'];
  return (
    <Answer query={files}>
      {(tree) => {
        const wanted = (search.q ?? '').toLowerCase();
        const all = tree.files.map((file) => file.path);
        const gallery = galleryOf(
          all.filter((path) => path.toLowerCase().includes(wanted)),
          loggedTables(tag),
        );
        const any = size(gallery) > 0;
        if (!any && !wanted) return <Nothing />;
        return (
          <div className={classes.stack}>
            <TextInput
              className={classes.find ?? ''}
              aria-label="Filter pictures, plots and tables"
              placeholder="Filter by name"
              leftSection={<IconSearch size={14} aria-hidden />}
              value={search.q ?? ''}
              onChange={(event) => change({ q: event.currentTarget.value || undefined })}
            />
            {any ? (
              <Shown run={run} gallery={gallery} step={search.step} change={change} />
            ) : (
              <NoMatch onClear={() => change({ q: undefined })} />
            )}
          </div>
        );
      }}
    </Answer>
  );
}

function size({ series, pictures, pages, tables }: Gallery): number {
  return series.length + pictures.length + pages.length + tables.length;
}

function Nothing() {
  return (
    <EmptyState
      title="Nothing to look at"
      code={
        'import mlflow\n\nfor step, picture in enumerate(pictures):\n    mlflow.log_image(picture, key="samples", step=step)\nmlflow.log_figure(figure, "roc.png")\nmlflow.log_table(frame, "predictions.json")'
      }
    >
      Pictures with a step, plots and tables that a run logs are shown here side by side.
    </EmptyState>
  );
}

interface ShownProps {
  run: Run;
  gallery: Gallery;
  step: number | undefined;
  change: Props['change'];
}

function Shown({ run, gallery, step, change }: ShownProps) {
  const { series, steps } = gallery;
  const last = steps.at(-1) ?? 0;
  const at = step ?? last;
  const place = Math.max(
    0,
    steps.findLastIndex((one) => one <= at),
  );
  const marks = useMemo(
    () => (steps.length <= 30 ? steps.map((_, index) => ({ value: index })) : []),
    [steps],
  );
  const open = (path: string) => change({ tab: 'artifacts', path, q: undefined }, false);
  return (
    <>
      {series.length > 0 ? (
        <Section
          title="Pictures by step"
          actions={
            steps.length > 1 ? (
              <div className={classes.stepper}>
                <Text size="sm">
                  Step {count(steps[place] ?? 0)} of {count(last)}
                </Text>
                <Slider
                  className={classes.slider ?? ''}
                  thumbLabel="Step"
                  min={0}
                  max={steps.length - 1}
                  value={place}
                  label={(index) => `step ${steps[index] ?? ''}`}
                  marks={marks}
                  onChange={(index) =>
                    change({ step: index === steps.length - 1 ? undefined : steps[index] })
                  }
                />
              </div>
            ) : null
          }
        >
          <div className={classes.cards}>
            {series.map((one) => (
              <ImageCard
                key={one.key}
                run={run}
                name={one.key}
                images={imagesAt(one.images, at)}
                total={one.images.length}
                onOpen={open}
              />
            ))}
          </div>
        </Section>
      ) : null}
      <FolderCards run={run} gallery={gallery} onOpen={open} />
    </>
  );
}
