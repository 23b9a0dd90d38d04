import { SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { Marked } from '@/kit/Marked';
import type { DatastoreKind, KindField } from '../queries';
import { SpecField } from './SpecField';
import { groupsOf, type Values } from './values';
import classes from '../datastores.module.css';

interface Props {
  kind: DatastoreKind;
  auth: string;
  onAuth: (auth: string) => void;
  values: Values;
  onValue: (name: string, value: string | boolean) => void;
  /** Messages of the server, by field. */
  errors: Readonly<Record<string, string>>;
  stored?: ReadonlySet<string>;
  disabled?: boolean;
}

/** The form of a kind: where it is, how one signs in, and what is rarely touched folded away. */
export function SpecForm({ kind, auth, onAuth, values, onValue, errors, stored, disabled = false }: Props) {
  const { main, sign, more } = groupsOf(kind, auth);
  const way = kind.auth.find((one) => one.name === auth);
  const choices = kind.auth.map((one) => ({ value: one.name, label: one.title }));
  const draw = (field: KindField) => (
    <SpecField
      key={field.name}
      field={field}
      value={values[field.name]}
      onChange={(value) => onValue(field.name, value)}
      error={errors[field.name] ?? errors[`config.${field.name}`] ?? errors[`credentials.${field.name}`]}
      stored={Boolean(field.secret && stored?.has(field.name))}
      disabled={disabled}
    />
  );
  return (
    <Stack gap="lg">
      {main.length > 0 ? <div className={classes.fields}>{main.map(draw)}</div> : null}
      <fieldset className={classes.group}>
        <legend>Sign-in</legend>
        <Stack gap="md">
          {choices.length > 4 ? (
            <Select
              aria-label="Way to sign in"
              maw={340}
              data={choices}
              value={auth}
              allowDeselect={false}
              disabled={disabled}
              onChange={(next) => onAuth(next ?? auth)}
            />
          ) : choices.length > 1 ? (
            <SegmentedControl
              aria-label="Way to sign in"
              className={classes.name ?? ''}
              data={choices}
              value={auth}
              disabled={disabled}
              onChange={onAuth}
            />
          ) : null}
          {way?.help || choices.length === 1 ? (
            <Text size="sm" c="dimmed">
              <Marked text={way?.help || `${way?.title ?? ''}.`} />
            </Text>
          ) : null}
          {sign.length > 0 ? <div className={classes.fields}>{sign.map(draw)}</div> : null}
        </Stack>
      </fieldset>
      {more.map((group) => (
        <details key={group.title} open={group.fields.some((field) => `config.${field.name}` in errors)}>
          <summary>{group.title}</summary>
          <div className={classes.fields} style={{ marginTop: 12 }}>
            {group.fields.map(draw)}
          </div>
        </details>
      ))}
    </Stack>
  );
}
