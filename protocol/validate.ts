import type { z } from 'zod';
import { ClientMessage } from './commands.ts';
import { describeValue } from './describe-value.ts';
import { Fault } from './faults.ts';

/** Returns the value as its schema has it. Throws a `command.option` fault that names the wrong field and what it should be. */
export function validateAs<S extends z.ZodType>(schema: S, value: unknown, name: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const got = unknown === undefined ? describeValue(valueAt(value, path)) : describeValue(unknown);
  throw new Fault('command.option', {
    name: path.join('.') || name,
    got,
    want: issue === undefined ? 'another value' : describeExpected(issue),
  });
}

/**
 * Returns the message as its schema has it, without unknown fields. Throws `audio.format` or `command.option`, which name the
 * wrong field and what it should be.
 */
export function validateMessage<T extends ClientMessage>(message: T): T {
  const result = ClientMessage.safeParse(message);
  if (result.success) return result.data as T;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const name = path.join('.') || message.type;
  const got = describeValue(valueAt(message, path));
  const want = issue === undefined ? 'another value' : describeExpected(issue);
  if (path[0] === 'audio') throw new Fault('audio.format', { got: `${name} ${got}`, want });
  throw new Fault('command.option', { name, got, want });
}

/** What the field should be, in words that complete "send …". */
function describeExpected(issue: z.core.$ZodIssue): string {
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

/** The value at a path; undefined where the path ends early. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  const read = (inner: unknown, key: PropertyKey): unknown =>
    typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
      ? (inner as Record<PropertyKey, unknown>)[key]
      : undefined;
  return path.reduce<unknown>(read, value);
}
