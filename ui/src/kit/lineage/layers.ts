export interface Edge {
  source: string;
  target: string;
  source_name?: string;
  target_name?: string;
}

export interface Node {
  reference: string;
  noun: string;
  name: string;
  /** What people call it, where its reference has only an id. */
  title?: string | undefined;
  layer: number;
}

/** `dataset:titanic:1` in its parts; ids keep their colons. */
export function parseReference(reference: string): { noun: string; name: string } {
  const cut = reference.indexOf(':');
  return cut < 0
    ? { noun: reference, name: '' }
    : { noun: reference.slice(0, cut), name: reference.slice(cut + 1) };
}

/** Where each thing stands, left to right: one step right of the furthest thing it was made from. */
export function layers(edges: readonly Edge[], focus: string): Node[] {
  const references = [...new Set([focus, ...edges.flatMap((edge) => [edge.source, edge.target])])];
  const depth = new Map(references.map((reference) => [reference, 0]));
  // as many rounds as there are things suffices without cycles, and stops with one
  for (let round = 0; round < references.length; round += 1) {
    let moved = false;
    for (const { source, target } of edges) {
      const wanted = (depth.get(source) ?? 0) + 1;
      if (source !== target && wanted > (depth.get(target) ?? 0) && wanted < references.length) {
        depth.set(target, wanted);
        moved = true;
      }
    }
    if (!moved) break;
  }
  const titles = new Map(
    edges.flatMap((edge) => [
      [edge.source, edge.source_name],
      [edge.target, edge.target_name],
    ]),
  );
  return references.map((reference) => ({
    reference,
    ...parseReference(reference),
    title: titles.get(reference) || undefined,
    layer: depth.get(reference) ?? 0,
  }));
}
