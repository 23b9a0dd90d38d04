/** A file with its path in the dataset. */
export interface Gathered {
  path: string;
  file: File;
}

/** Files of an input element: those of a folder keep their paths below it. */
export function ofInput(files: FileList | null): Gathered[] {
  return [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** All files of what was dropped; folders are walked, `found` is told how many there are so far. */
export async function ofDrop(
  transfer: DataTransfer,
  found: (files: number) => void = () => undefined,
): Promise<Gathered[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: file.name, file }));
  const all: Gathered[] = [];
  const walk = async (entry: FileSystemEntry, below: string): Promise<void> => {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject),
      );
      all.push({ path, file });
      if (all.length % 100 === 0) found(all.length);
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (some.length === 0) return; // a browser gives a hundred at a time
      for (const inside of some) await walk(inside, path);
    }
  };
  for (const entry of entries) await walk(entry, '');
  return all;
}

/** Without the folder that all of them lie in: a dropped folder is the dataset, not a part of it. */
export function withoutCommonFolder(files: readonly Gathered[]): Gathered[] {
  const first = files[0]?.path.split('/')[0] ?? '';
  const below = files.length > 0 && files.every((one) => one.path.startsWith(`${first}/`));
  return below ? files.map((one) => ({ ...one, path: one.path.slice(first.length + 1) })) : [...files];
}
