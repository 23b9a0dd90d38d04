import {
  IconBinary,
  IconBraces,
  IconCalendar,
  IconCheckbox,
  IconClock,
  IconNumber,
  IconText,
} from '@/kit/icons';

const ICONS: Record<string, typeof IconText> = {
  integer: IconNumber,
  number: IconNumber,
  decimal: IconNumber,
  boolean: IconCheckbox,
  date: IconCalendar,
  datetime: IconCalendar,
  time: IconClock,
  binary: IconBinary,
  json: IconBraces,
};

export function TypeIcon({ type, stored }: { type: string; stored?: string | undefined }) {
  const Icon = ICONS[type] ?? IconText;
  return <Icon size={14} stroke={1.7} role="img" aria-label={stored ? `${type}, ${stored}` : type} />;
}
