import type { Tone } from '@/kit/status';
import type { Grant, Secret, SecretVersion } from './queries';

export const STATES: Record<SecretVersion['state'], { tone: Tone; word: string }> = {
  enabled: { tone: 'completed', word: 'Enabled' },
  disabled: { tone: 'canceled', word: 'Disabled' },
  expired: { tone: 'warning', word: 'Expired' },
  removed: { tone: 'canceled', word: 'Value removed' },
};

/** Roles that may use secrets at all; the others are refused whatever was granted to them. */
export const USERS = ['Owner', 'Contributor', 'Data Scientist'] as const;

export function grantText(grant: Grant): string {
  return grant.kind === 'role' ? `every ${grant.name}` : grant.name;
}

/** "ada, every Contributor", or that nobody may. */
export function whoMay(secret: Secret): string {
  return secret.granted.map(grantText).join(', ') || 'nobody';
}

/** The end of the day that a date field names, in the zone of the person; null where none is named. */
export function endOf(day: string): string | null {
  return day ? new Date(`${day}T23:59:59`).toISOString() : null;
}

/** The name in code that is shown while there is no secret: short, for the box that it stands in is narrow. */
export const EXAMPLE = 'db-password';

export function snippets(name: string): Record<string, string> {
  const env = name.replaceAll(/[^A-Za-z0-9]+/g, '_').toUpperCase();
  const variable = /^\d/.test(env) ? `SECRET_${env}` : env;
  return {
    'Job file': `command: python load.py\nsecrets:\n  # in the job: os.environ["${variable}"]\n  ${variable}: ${name}\n`,
    Python: `from getpass import getpass\n\nfrom studiolo import Studio\n\nstudio = Studio()\nstudio.workspace.secrets.set("${name}", getpass())\nstudio.workspace.secrets.grant("${name}", account="ada")`,
    'Command line': `pass show it | studiolo workspace secrets set ${name} --stdin\nstudiolo workspace secrets grant ${name} --account ada`,
  };
}
