import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import { FilesTab } from '../files/FilesTab';
import type { DatasetVersion } from '../types';
import { GalleryView, type GallerySearch } from './GalleryView';

const VERSION = {
  name: 'pets',
  version: 2,
  kind: 'file',
  format: 'images',
  file_count: 2,
  size: 10,
} as unknown as DatasetVersion;
const picture = (path: string) => ({ path, label: path.split('/')[0], bytes: 9, error: null, small: null });
const GALLERY = {
  images: 2,
  damaged: 0,
  classes: ['cat', 'dog'].map((label) => ({ label, images: 1, damaged: 0 })),
  splits: {},
  offset: 0,
};

let answer: (url: URL) => Promise<unknown>;
beforeEach(() => {
  vi.stubGlobal('fetch', async (request: Request) => Response.json(await answer(new URL(request.url))));
});
afterEach(() => vi.unstubAllGlobals());

test('the list of a folder of images leads back to the pictures, whatever it shows', async () => {
  answer = () => Promise.resolve({ items: [{ path: 'cat', folder: true, files: 1, size: 5 }], next: null });
  const search = vi.fn();
  await draw(<FilesTab version={VERSION} search={{ view: 'list' }} onSearch={search} />);
  await userEvent.click(await screen.findByRole('radio', { name: 'Pictures' }));
  expect(search).toHaveBeenCalledWith({ view: undefined });
});

test('an image that the address names is shown, also when its page is not here yet', async () => {
  answer = () => Promise.resolve({ ...GALLERY, items: [picture('cat/1.png')], total: 2 });
  await draw(<GalleryView version={VERSION} search={{ path: 'dog/9.png' }} onSearch={() => undefined} />);
  expect(await screen.findByRole('region', { name: 'dog/9.png' })).toBeTruthy();
});

test('filters and pictures stay while another filter is answered', async () => {
  let arrive: (found: unknown) => void = () => undefined;
  const dog = new Promise((done) => (arrive = done));
  answer = (url) =>
    url.searchParams.get('label') === 'dog'
      ? dog
      : Promise.resolve({ ...GALLERY, items: [picture('cat/1.png'), picture('dog/2.png')], total: 2 });
  function Host() {
    const [search, setSearch] = useState<GallerySearch>({});
    return (
      <>
        <button type="button" onClick={() => setSearch({ label: 'dog' })}>
          only dogs
        </button>
        <GalleryView version={VERSION} search={search} onSearch={setSearch} />
      </>
    );
  }
  await draw(<Host />);
  expect(await screen.findByRole('button', { name: /1\.png/ })).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'only dogs' }));
  expect(screen.getByRole('button', { name: /1\.png/ })).toBeTruthy();
  expect(screen.getByRole<HTMLInputElement>('combobox', { name: 'Class' }).value).toBe('dog (1)');
  arrive({ ...GALLERY, items: [picture('dog/2.png')], total: 1 });
  await waitFor(() => expect(screen.queryByRole('button', { name: /1\.png/ })).toBeNull());
});
