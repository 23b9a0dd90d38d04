// The heavy half of CodeView, loaded when the first code is shown.
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import css from 'highlight.js/lib/languages/css';
import dockerfile from 'highlight.js/lib/languages/dockerfile';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import julia from 'highlight.js/lib/languages/julia';
import markdown from 'highlight.js/lib/languages/markdown';
import python from 'highlight.js/lib/languages/python';
import r from 'highlight.js/lib/languages/r';
import rust from 'highlight.js/lib/languages/rust';
import scala from 'highlight.js/lib/languages/scala';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';
import type { Token } from './tokens';

const lowlight = createLowlight({
  bash, c, cpp, css, dockerfile, go, ini, java, javascript, json, julia, markdown, python, r, rust, scala, sql,
  typescript, xml, yaml,
}); // prettier-ignore

interface Node {
  type: string;
  value?: string;
  properties?: { className?: unknown };
  children?: Node[];
}

/** A text as lines of tokens: the kind is the innermost class that the highlighter gave. */
export function highlight(text: string, language: string): Token[][] {
  const lines: Token[][] = [[]];
  const walk = (node: Node, kind: string | undefined): void => {
    if (node.type === 'text') {
      (node.value ?? '').split('\n').forEach((part, index) => {
        if (index > 0) lines.push([]);
        if (part) lines.at(-1)?.push(kind ? { text: part, kind } : { text: part });
      });
      return;
    }
    const names = node.properties?.className;
    const own = Array.isArray(names) ? String(names[0]).replace('hljs-', '') : kind;
    for (const child of node.children ?? []) walk(child, own);
  };
  walk(lowlight.highlight(language, text) as unknown as Node, undefined);
  return lines;
}
