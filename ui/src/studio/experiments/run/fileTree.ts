export interface FileItem {
  path: string;
  size?: number | null | undefined;
}

export interface TreeRow {
  path: string;
  name: string;
  depth: number;
  folder: boolean;
  /** A model that the run logged. */
  model: boolean;
  /** Bytes; of a folder all below it. */
  size: number;
  open: boolean;
  /** Files below a folder. */
  count: number;
}

interface Folder {
  folders: Map<string, Folder>;
  files: FileItem[];
  size: number;
  count: number;
}

const empty = (): Folder => ({ folders: new Map(), files: [], size: 0, count: 0 });

/** Below this the server names the models that a run logged: `models:/name/MLmodel`. */
export const MODELS = 'models:/';

/** The path of the logged model that a path leads to or into. */
export function modelOf(path: string): string | undefined {
  return path.startsWith(MODELS) ? path.split('/').slice(0, 2).join('/') : undefined;
}

/** Folders of a path and its file; a logged model is one folder of the top. */
function partsOf(path: string): string[] {
  const model = modelOf(path);
  return model ? [model, ...path.slice(model.length + 1).split('/')] : path.split('/');
}

export function treeOf(items: readonly FileItem[]): Folder {
  const root = empty();
  for (const item of items) {
    const parts = partsOf(item.path);
    let at = root;
    at.size += item.size ?? 0;
    at.count += 1;
    for (const part of parts.slice(0, -1)) {
      const next = at.folders.get(part) ?? empty();
      at.folders.set(part, next);
      at = next;
      at.size += item.size ?? 0;
      at.count += 1;
    }
    at.files.push(item);
  }
  return root;
}

/** The rows that are in sight: folders first, each by name; what is in a closed folder is left out. */
export function rowsOf(root: Folder, open: (path: string) => boolean): TreeRow[] {
  const rows: TreeRow[] = [];
  const order = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });
  const walk = (folder: Folder, prefix: string, depth: number) => {
    for (const [name, child] of [...folder.folders].sort((a, b) => order(a[0], b[0]))) {
      const path = prefix + name;
      const shown = open(path);
      const model = depth === 0 && name.startsWith(MODELS);
      const row = { depth, folder: true, model, size: child.size, open: shown, count: child.count };
      rows.push({ ...row, path, name: model ? name.slice(MODELS.length) : name });
      if (shown) walk(child, `${path}/`, depth + 1);
    }
    const names = folder.files.map((file) => ({ ...file, name: file.path.slice(prefix.length) }));
    for (const file of names.sort((a, b) => order(a.name, b.name))) {
      rows.push({
        path: file.path,
        name: file.name,
        depth,
        folder: false,
        model: false,
        size: file.size ?? 0,
        open: false,
        count: 1,
      });
    }
  };
  walk(root, '', 0);
  return rows;
}

/** Files whose path holds every word of a search. */
export function matching(items: readonly FileItem[], q: string): readonly FileItem[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return items;
  return items.filter((item) => words.every((word) => item.path.toLowerCase().includes(word)));
}

export function isBelow(path: string | undefined, folder: string): boolean {
  return path?.startsWith(`${folder}/`) ?? false;
}
