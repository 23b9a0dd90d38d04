export interface Dropped {
  file: File;
  path: string;
}

/** All files of what was dropped; folders are walked. */
export async function droppedFiles(transfer: DataTransfer, folder: string): Promise<Dropped[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0)
    return [...transfer.files].map((file) => ({ file, path: below(folder, file.name) }));
  const found: Dropped[] = [];
  for (const entry of entries) await collect(entry, folder, found);
  return found;
}

export function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

async function collect(entry: FileSystemEntry, folder: string, found: Dropped[]): Promise<void> {
  const path = below(folder, entry.name);
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ file, path });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return; // a browser gives a hundred at a time
    for (const inside of some) await collect(inside, path, found);
  }
}
