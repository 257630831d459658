import type { z } from 'zod';
import { brief } from './brief.ts';
import { Fault } from './faults.ts';

/** A value of a schema, or a `command.option` fault that says which field is wrong and what was wanted. */
export function checkedAs<S extends z.ZodType>(schema: S, value: unknown, name: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const got = unknown === undefined ? brief(at(value, path)) : brief(unknown);
  throw new Fault('command.option', {
    name: path.join('.') || name,
    got,
    want: issue === undefined ? 'another value' : wish(issue),
  });
}

/** What a field should have been, in words that finish "send …". */
export function wish(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return issue.values.join(', ');
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_type':
      return `a value of type ${issue.expected}`;
    case 'unrecognized_keys':
      return 'only the fields that are known here';
    default:
      return issue.message;
  }
}

/** What stands at a path of a value. */
export function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}
