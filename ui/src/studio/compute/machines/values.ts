import type { MachineKind } from './queries';

/** What the form holds; numbers and lists as text, so that they may be empty. */
export interface Values {
  kind: string;
  /** The studio's own machine, for kinds that may be there. */
  here: boolean;
  host: string;
  port: string;
  user: string;
  host_key: string;
  folder: string;
  python: string;
  sign_in: 'private_key' | 'password' | 'token';
  private_key: string;
  passphrase: string;
  password: string;
  kubeconfig: string;
  token: string;
  cores: string;
  description: string;
  settings: Readonly<Record<string, string>>;
}

export const START: Values = {
  kind: 'ssh',
  here: false,
  host: '',
  port: '22',
  user: '',
  host_key: '',
  folder: '~/.studiolo-runner',
  python: 'python3',
  sign_in: 'private_key',
  private_key: '',
  passphrase: '',
  password: '',
  kubeconfig: '',
  token: '',
  cores: '',
  description: '',
  settings: {},
};

/** What changes in the form with the kind that is chosen. */
export function ofKind(kind: MachineKind): Partial<Values> {
  const [first] = kind.signs_in;
  const sign_in = first === 'token' || first === 'password' ? first : 'private_key';
  return { kind: kind.name, here: kind.here, port: String(kind.port), sign_in, settings: {} };
}

/** Where the machine is, as the API takes it; its settings only once its kind is known, so that none is lost. */
export function placeOf(value: Values, kind: MachineKind | undefined) {
  const { host, user, host_key, folder, python } = value;
  const own = { folder, python, ...(kind ? { settings: settingsOf(value, kind) } : {}) };
  if (value.here) return { host: '', user: '', host_key: '', port: null, ...own };
  return { host, user, host_key, port: Number(value.port) || null, ...own };
}

function settingsOf(value: Values, kind: MachineKind): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const field of kind.fields) {
    const text = value.settings[field.name] ?? '';
    if (field.type === 'lines') found[field.name] = text.split('\n').filter((line) => line.trim());
    else if (text !== '') found[field.name] = field.type === 'number' ? Number(text) : text;
  }
  return found;
}

/** The settings of a machine as the form holds them. */
export function settingsAsText(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join('\n') : String(value ?? ''),
    ]),
  );
}

/** How one signs in, as the API takes it. */
export function credentialsOf(value: Values) {
  if (value.here) return value.kubeconfig.trim() ? { kubeconfig: value.kubeconfig } : {};
  if (value.sign_in === 'password') return { password: value.password };
  if (value.sign_in === 'token') return value.token ? { token: value.token } : {};
  return { private_key: value.private_key, ...(value.passphrase ? { passphrase: value.passphrase } : {}) };
}

export function given(value: Values): boolean {
  if (value.here) return value.kubeconfig.trim() !== '';
  if (value.sign_in === 'token') return value.token !== '';
  return value.sign_in === 'password' ? value.password !== '' : value.private_key.trim() !== '';
}

/** Whether a kind of machines wants to know something of where one is. */
export function asks(kind: MachineKind | undefined, field: string): boolean {
  return kind?.place.includes(field) ?? true;
}

/** The field of the form in which credentials are written. */
export function credentialField(value: Values): string {
  return `credentials.${value.here ? 'kubeconfig' : value.sign_in}`;
}

/** Whether enough is written to try it. */
export function ready(value: Values, kind: MachineKind | undefined): boolean {
  if (kind?.fields.some((field) => field.required && !value.settings[field.name]?.trim())) return false;
  if (value.here) return true;
  const named = value.host !== '' && (value.user !== '' || !asks(kind, 'user'));
  return named && (given(value) || kind?.may_be_open === true);
}
