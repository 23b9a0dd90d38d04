/** An RFC 9457 answer of the server: what failed, why, and what to do. */
export interface ProblemBody {
  code?: string;
  title?: string;
  status?: number;
  detail?: string;
  hint?: string | null;
  instance?: string;
  field?: string | null;
  errors?: { field?: string; message?: string }[];
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string | undefined;
  readonly id: string | undefined;
  /** Further members of the answer, such as the place of what cannot be read. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Message and what to do, per form field, where the server named one. */
  readonly fields: Record<string, string>;

  constructor(body: ProblemBody, status: number, id?: string | null) {
    const title = body.title ?? (status === 0 ? 'The studio does not answer' : `Error ${status}`);
    super(body.detail ?? title);
    this.name = 'Problem';
    this.status = body.status ?? status;
    this.code = body.code ?? `http.${status}`;
    this.title = title;
    this.detail = body.detail ?? '';
    this.hint = body.hint ?? undefined;
    this.id = id ?? body.instance ?? undefined;
    this.extra = { ...body };
    this.fields = {};
    for (const error of body.errors ?? []) {
      if (error.field) this.fields[error.field] = error.message ?? this.detail;
    }
    if (body.field) this.fields[body.field] ??= [this.detail, this.hint].filter(Boolean).join(' ');
  }

  get denied(): boolean {
    return this.status === 403;
  }

  get signedOut(): boolean {
    return this.status === 401;
  }

  static unreachable(cause: unknown): Problem {
    return new Problem(
      {
        code: 'network.unreachable',
        title: 'The studio does not answer',
        detail:
          cause instanceof Error && cause.message ? `The request did not arrive: ${cause.message}.` : '',
        hint: 'Is it still running? Start it with: studiolo up',
      },
      0,
    );
  }

  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem(
      {
        code: 'ui.unexpected',
        title: 'This page failed',
        detail: error instanceof Error ? error.message : String(error),
        hint: 'Reload the page. If it happens again, report it with the address of this page.',
      },
      0,
    );
  }
}
