// The heavy half of SqlEditor: CodeMirror with the dialect that the studio's engine speaks.
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder, type DecorationSet,
} from '@codemirror/view'; // prettier-ignore
import { tags } from '@lezer/highlight';

export type SqlNames = Readonly<Record<string, readonly string[]>>;

interface Options {
  label: string;
  text: string;
  onChange: (text: string) => void;
  onRun: () => void;
}

export interface SqlEditing {
  setText: (text: string) => void;
  setNames: (names: SqlNames) => void;
  setDark: (dark: boolean) => void;
  mark: (at: number | undefined) => void;
  destroy: () => void;
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--st-accent)', fontWeight: '500' },
  { tag: [tags.string], color: 'var(--st-completed)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--st-gold)' },
  { tag: [tags.comment], color: 'var(--st-muted)', fontStyle: 'italic' },
]);

const look = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'var(--st-bg)', color: 'var(--st-text)', maxHeight: '40vh' },
  '.cm-content': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    minHeight: '120px', // as much as the box that waits for the editor
    caretColor: 'var(--st-text)',
  },
  '&.cm-focused': { outline: '2px solid var(--st-accent)', outlineOffset: '-2px', borderRadius: '6px' },
  '.cm-cursor': { borderLeftColor: 'var(--st-text)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--st-muted)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--st-soft) !important',
  },
  '.cm-placeholder': { color: 'var(--st-muted)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--st-bg)',
    color: 'var(--st-text)',
    border: '1px solid var(--st-border)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--st-soft)',
    color: 'var(--st-text)',
  },
  '.cm-wrong': {
    textDecoration: 'underline wavy var(--mantine-color-red-filled)',
    textUnderlineOffset: '4px',
  },
});

const setMark = StateEffect.define<number | undefined>();
const wrong = Decoration.mark({ class: 'cm-wrong' });
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(found, change) {
    let next = change.docChanged ? Decoration.none : found;
    for (const effect of change.effects) {
      if (!effect.is(setMark)) continue;
      const size = change.state.doc.length;
      if (effect.value === undefined || size === 0) next = Decoration.none;
      else {
        const start = Math.min(effect.value, size - 1);
        const rest = /^\w+/.exec(change.state.doc.sliceString(start, start + 60))?.[0].length ?? 1;
        next = Decoration.set([wrong.range(start, Math.min(size, start + rest))]);
      }
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** A name as SQL takes it: quoted where it is not plain. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

export function edit(parent: HTMLElement, options: Options): SqlEditing {
  const language = new Compartment();
  const theme = new Compartment();
  const languageOf = (names: SqlNames) =>
    sql({
      dialect: PostgreSQL,
      upperCaseKeywords: false,
      schema: Object.fromEntries(
        Object.entries(names).map(([table, columns]) => [
          table.replaceAll('.', '\\.'),
          columns.map((column) => ({ label: column, apply: sqlName(column), type: 'property' })),
        ]),
      ),
    });
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        keymap.of([{ key: 'Mod-Enter', preventDefault: true, run: () => (options.onRun(), true) }]),
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        highlightActiveLine(),
        placeholder('select … from …'),
        EditorView.lineWrapping,
        syntaxHighlighting(colours),
        marks,
        look,
        language.of(languageOf({})),
        theme.of([]),
        EditorView.contentAttributes.of({ 'aria-label': options.label, spellcheck: 'false' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.onChange(update.state.doc.toString());
        }),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
      ],
    }),
  });
  return {
    setText: (text) => {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    setNames: (names) => view.dispatch({ effects: language.reconfigure(languageOf(names)) }),
    setDark: (dark) => view.dispatch({ effects: theme.reconfigure(EditorView.darkTheme.of(dark)) }),
    mark: (at) => view.dispatch({ effects: setMark.of(at) }),
    destroy: () => view.destroy(),
  };
}
