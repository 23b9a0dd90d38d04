import { count } from '@/kernel/format';
import type { Run } from '../queries';
import { artifactUrl } from './FilePreview';
import type { LoggedImage } from './gallery';
import classes from './gallery.module.css';

interface Props {
  run: Run;
  name: string;
  /** Those of the step that is looked at; a step may have several. */
  images: readonly LoggedImage[];
  total: number;
  onOpen: (path: string) => void;
}

export function ImageCard({ run, name, images, total, onOpen }: Props) {
  const step = images[0]?.step;
  return (
    <figure className={classes.card}>
      {images.length === 0 ? (
        <div className={classes.blank}>Nothing up to this step</div>
      ) : (
        <div className={classes.pictures} data-many={images.length > 1 || undefined}>
          {images.map((image) => (
            <button
              key={image.path}
              type="button"
              className={classes.picture}
              aria-label={`Open ${name}, step ${image.step}`}
              onClick={() => onOpen(image.path)}
            >
              <img
                src={artifactUrl(run, image.thumb, true)}
                alt={`${name} at step ${image.step}`}
                loading="lazy"
              />
            </button>
          ))}
        </div>
      )}
      <figcaption>
        <strong>{name}</strong>
        <span>
          {step === undefined ? '' : `step ${count(step)} · `}
          {count(total)} in all
        </span>
      </figcaption>
    </figure>
  );
}
