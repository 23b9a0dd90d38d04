import { bytes } from '@/kernel/format';
import type { Gallery, ImageItem } from './queries';

/** What is known of an image, in one line. */
export function described(image: ImageItem): string {
  const size = image.width && image.height ? `${image.width} × ${image.height}` : '';
  return [image.label, image.split, size, image.format, bytes(image.bytes)].filter(Boolean).join(', ');
}

/** The choices of a class, with how many images each has. */
export function choices(found: Gallery): { value: string; label: string }[] {
  return found.classes.map((one) => ({
    value: one.label ?? '',
    label: `${one.label ?? 'Without a label'} (${one.images.toLocaleString('en-US')})`,
  }));
}
