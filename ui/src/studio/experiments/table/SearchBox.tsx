import { ActionIcon, Combobox, Text, TextInput, useCombobox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState, type KeyboardEvent } from 'react';
import type { Problem } from '@/kernel/problem';
import { IconSearch, IconX } from '@/kit/icons';
import { columnsOf, valuesOf } from './ask';
import {
  AND,
  expected,
  inserted,
  nameOptions,
  operatorOptions,
  valueOptions,
  valuesFor,
  type Option,
} from './complete';
import { toFilter } from './conditions';
import { useRemembered } from './remembered';
import { SearchProblem } from './SearchProblem';
import classes from './table.module.css';

interface Props {
  value: string;
  experiments: readonly string[];
  /** What the server says of the search that is applied. */
  problem: Problem | null;
  onSearch: (text: string) => void;
}

const EXAMPLES = [
  ["metrics.auc > 0.9 AND params.optimizer = 'adam'", 'numbers and texts'],
  ["attributes.state IN ('Failed', 'Lost')", 'what went wrong'],
  ["tags.team = 'red' AND metrics.loss < 0.1", 'a tag and a metric'],
  ['attributes.duration > 3600', 'longer than an hour'],
] as const;
const RECENT = 8;

/** The search of the table: MLflow's grammar with completion; plain words search the name. */
export function SearchBox({ value, experiments, problem, onSearch }: Props) {
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState(value.length);
  const [recent, setRecent] = useRemembered<string[]>('studiolo.run-searches', []);
  const input = useRef<HTMLInputElement>(null);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const [applied, setApplied] = useState(value);
  if (applied !== value) {
    setApplied(value); // a menu, a view or Back has changed it
    setText(value);
  }

  const expect = expected(text, caret);
  const known = useQuery(columnsOf(experiments));
  const of = expect.kind === 'value' ? valuesFor(expect.name) : null;
  const part = expect.kind === 'value' ? expect.part.replace(/^['"]/, '') : '';
  const values = useQuery({
    ...valuesOf(of ?? '', experiments, part),
    enabled: of !== null && combobox.dropdownOpened,
  });
  const options: Option[] =
    expect.kind === 'name'
      ? nameOptions(known.data, expect.part)
      : expect.kind === 'operator'
        ? operatorOptions(expect.name, expect.part)
        : expect.kind === 'value'
          ? valueOptions(expect, values.data ?? [])
          : AND.filter(() => /^(a(nd?)?)?$/i.test(expect.part));

  const apply = (next: string) => {
    combobox.closeDropdown();
    setText(next);
    const trimmed = next.trim();
    if (trimmed) setRecent([trimmed, ...recent.filter((one) => one !== trimmed)].slice(0, RECENT));
    onSearch(trimmed);
  };
  const place = (next: string, at: number) => {
    setText(next);
    setCaret(at);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(at, at);
    });
  };
  const submit = (chosen: string) => {
    if (chosen.startsWith('whole:')) {
      apply(chosen.slice(6));
      return;
    }
    const option = options[Number(chosen)];
    if (!option) return;
    const next = inserted(text, expect, option);
    place(next.text, next.caret);
    combobox.resetSelectedOption();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && combobox.getSelectedOptionIndex() < 0) {
      event.preventDefault();
      apply(text);
    } else if (
      event.key === 'Tab' &&
      !event.shiftKey &&
      combobox.dropdownOpened &&
      text &&
      options.length > 0
    ) {
      event.preventDefault();
      submit(String(Math.max(0, combobox.getSelectedOptionIndex())));
    }
  };
  const shown = text.trim() === '';
  const words = !shown && toFilter(text) !== text.trim();

  return (
    <div className={classes.search}>
      <Combobox
        store={combobox}
        onOptionSubmit={submit}
        withinPortal={false}
        position="bottom-start"
        keepMounted={false}
      >
        <Combobox.Target>
          <TextInput
            ref={input}
            aria-label="Search runs"
            placeholder="Search: words of a name, or metrics.auc > 0.9 AND params.lr = '0.1'"
            classNames={{ input: classes.searchInput ?? '' }}
            leftSection={<IconSearch size={14} aria-hidden />}
            rightSection={
              text ? (
                <ActionIcon aria-label="Clear search" onClick={() => apply('')}>
                  <IconX size={14} />
                </ActionIcon>
              ) : null
            }
            value={text}
            error={problem !== null}
            spellCheck={false}
            autoComplete="off"
            onFocus={() => combobox.openDropdown()}
            onClick={() => combobox.openDropdown()}
            onBlur={() => combobox.closeDropdown()}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? text.length)}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setCaret(event.currentTarget.selectionStart ?? event.currentTarget.value.length);
              combobox.openDropdown();
              combobox.resetSelectedOption();
            }}
            onKeyDown={onKeyDown}
          />
        </Combobox.Target>
        <Combobox.Dropdown
          className={classes.suggestions ?? ''}
          hidden={!shown && options.length === 0 && !words}
        >
          {/* a list that scrolls is a stop of the Tab key, which closes it: the focus would be nowhere */}
          <Combobox.Options
            tabIndex={-1}
            aria-label="Suggestions"
            mah={320}
            className={classes.suggestionList ?? ''}
          >
            {words ? (
              <Combobox.Option value={`whole:${text}`}>Names with “{text.trim()}”</Combobox.Option>
            ) : null}
            {shown && recent.length > 0 ? (
              <Combobox.Group label="Recent">
                {recent.map((one) => (
                  <Combobox.Option key={one} value={`whole:${one}`} className={classes.code ?? ''}>
                    {one}
                  </Combobox.Option>
                ))}
              </Combobox.Group>
            ) : null}
            {shown ? (
              <Combobox.Group label="Examples">
                {EXAMPLES.map(([one, what]) => (
                  <Combobox.Option key={one} value={`whole:${one}`}>
                    <span className={classes.code}>{one}</span>{' '}
                    <small className={classes.detail}>{what}</small>
                  </Combobox.Option>
                ))}
              </Combobox.Group>
            ) : null}
            {options.map((option, at) => (
              <Combobox.Option key={option.insert} value={String(at)}>
                <span className={classes.code}>{option.label}</span>{' '}
                {option.detail ? <small className={classes.detail}>{option.detail}</small> : null}
              </Combobox.Option>
            ))}
          </Combobox.Options>
          <Combobox.Footer>
            <Text size="xs" c="dimmed">
              Tab completes, Enter searches
            </Text>
          </Combobox.Footer>
        </Combobox.Dropdown>
      </Combobox>
      {problem ? <SearchProblem problem={problem} filter={toFilter(value)} /> : null}
    </div>
  );
}
