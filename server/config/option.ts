/** One setting of the server. The table of options is the help text, the validation and the documentation. */
export interface Option {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'list';
  readonly default: string | number | boolean | readonly string[] | undefined;
  readonly doc: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** Its value is never shown. */
  readonly secret?: boolean;
}
