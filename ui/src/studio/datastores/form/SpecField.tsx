import { Button, NumberInput, PasswordInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Marked } from '@/kit/Marked';
import type { KindField } from '../queries';
import classes from '../datastores.module.css';

interface Props {
  field: KindField;
  value: string | boolean | undefined;
  onChange: (value: string | boolean) => void;
  error?: string | undefined;
  /** A secret is stored: it is kept unless it is replaced. */
  stored?: boolean;
  disabled?: boolean;
}

/** One field of a kind, as its SPEC describes it. */
export function SpecField({ field, value, onChange, error, stored = false, disabled = false }: Props) {
  const [replacing, setReplacing] = useState(false);
  const text = typeof value === 'string' ? value : '';
  const help = field.help ? <Marked text={field.help} /> : undefined;
  const about = {
    label: field.title,
    description: help,
    required: field.required && !stored,
    error,
    disabled,
    // what explains a field stands below it: fields beside each other begin at the same height
    inputWrapperOrder: ['label' as const, 'input' as const, 'description' as const, 'error' as const],
  };
  if (field.secret && stored && !replacing) {
    return (
      <div>
        <div className={classes.label}>{field.title}</div>
        <div className={classes.secret}>
          <span>Set, not shown</span>
          <Button variant="default" size="compact-sm" disabled={disabled} onClick={() => setReplacing(true)}>
            Replace
          </Button>
        </div>
      </div>
    );
  }
  if (field.type === 'lines') {
    return (
      <Textarea
        {...about}
        className={classes.wide ?? ''}
        autosize
        minRows={4}
        maxRows={10}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  if (field.secret) {
    return (
      <PasswordInput
        {...about}
        autoComplete="new-password"
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': `Show the ${field.title.toLowerCase()}` }}
      />
    );
  }
  if (field.type === 'boolean') {
    return (
      <Switch
        label={field.title}
        description={help}
        disabled={disabled}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (field.type === 'choice') {
    return (
      <Select
        {...about}
        allowDeselect={false}
        data={field.choices}
        value={text || String(field.default ?? '')}
        onChange={(next) => onChange(next ?? '')}
      />
    );
  }
  if (field.type === 'integer') {
    return (
      <NumberInput
        {...about}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        value={text}
        onChange={(next) => onChange(String(next))}
      />
    );
  }
  return (
    <TextInput
      {...about}
      placeholder={field.example}
      autoComplete="off"
      spellCheck={false}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
