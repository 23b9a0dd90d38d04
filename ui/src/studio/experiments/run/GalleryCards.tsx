import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Answer, Section } from '@/kit/Page';
import { SandboxFrame } from '@/kit/SandboxFrame';
import type { Run } from '../queries';
import { artifactUrl } from './FilePreview';
import type { Gallery } from './gallery';
import { endingOf } from './look';
import { contentLink } from './queries';
import { SvgPreview } from './SvgPreview';
import { TablePreview } from './TablePreview';
import classes from './gallery.module.css';

interface Props {
  run: Run;
  gallery: Gallery;
  onOpen: (path: string) => void;
}

const AT_ONCE = 4; // plots with scripts of their own, and tables, that are shown without being asked for
const PICTURES = 200;

export function FolderCards({ run, gallery, onOpen }: Props) {
  const { pictures, pages, tables } = gallery;
  return (
    <>
      {pictures.length > 0 ? (
        <Section title={pictures.length > PICTURES ? `Pictures: the first ${PICTURES}` : 'Pictures'}>
          <div className={classes.cards}>
            {pictures.slice(0, PICTURES).map((path) => (
              <Picture key={path} run={run} path={path} onOpen={onOpen} />
            ))}
          </div>
        </Section>
      ) : null}
      {pages.length > 0 ? (
        <Section title="Plots and reports">
          <div className={classes.wide}>
            {pages.map((path, index) => (
              <Shown key={path} path={path} at={index < AT_ONCE} onOpen={onOpen}>
                <PageFrame run={run} path={path} />
              </Shown>
            ))}
          </div>
        </Section>
      ) : null}
      {tables.length > 0 ? (
        <Section title="Tables">
          <div className={classes.stack}>
            {tables.map((path, index) => (
              <Shown key={path} path={path} at={index < AT_ONCE} onOpen={onOpen}>
                <TablePreview run={run} path={path} maxHeight={360} />
              </Shown>
            ))}
          </div>
        </Section>
      ) : null}
    </>
  );
}

function Picture({ run, path, onOpen }: { run: Run; path: string; onOpen: (path: string) => void }) {
  return (
    <figure className={classes.card}>
      <div className={classes.pictures}>
        <button
          type="button"
          className={classes.picture}
          aria-label={`Open ${path}`}
          onClick={() => onOpen(path)}
        >
          {endingOf(path) === 'svg' ? (
            <SvgPreview url={artifactUrl(run, path)} path={path} className={classes.drawing} />
          ) : (
            <img src={artifactUrl(run, path, true)} alt={path} loading="lazy" />
          )}
        </button>
      </div>
      <figcaption>
        <strong>{path}</strong>
      </figcaption>
    </figure>
  );
}

function PageFrame({ run, path }: { run: Run; path: string }) {
  const link = useQuery(contentLink(run.id, path));
  return (
    <Answer query={link} inline>
      {({ url }) => <SandboxFrame title={path} src={url} height={420} />}
    </Answer>
  );
}

interface ShownProps {
  path: string;
  at: boolean;
  onOpen: (path: string) => void;
  children: React.ReactNode;
}

/** A part that costs something: shown at once when there are few, else when it is asked for. */
function Shown({ path, at, onOpen, children }: ShownProps) {
  const [shown, setShown] = useState(at);
  return (
    <figure className={classes.part} aria-label={path}>
      <figcaption>
        <strong>{path}</strong>
        <Button variant="default" size="compact-sm" onClick={() => (shown ? onOpen(path) : setShown(true))}>
          {shown ? 'Open' : 'Show'}
        </Button>
      </figcaption>
      {shown ? children : null}
    </figure>
  );
}
