import type { z } from 'zod';
import { ClientMessage } from './commands.ts';
import { describeValue } from './describe-value.ts';
import { Fault } from './faults.ts';

/** A value of a schema, or a `command.option` fault that says which field is wrong and what was wanted. */
export function validateAs<S extends z.ZodType>(schema: S, value: unknown, name: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const got = unknown === undefined ? describeValue(at(value, path)) : describeValue(unknown);
  throw new Fault('command.option', {
    name: path.join('.') || name,
    got,
    want: issue === undefined ? 'another value' : wish(issue),
  });
}

/**
 * A message as its schema has it: unknown fields are gone, every value is one that a session takes. Throws `audio.format`
 * or `command.option`, which say which field is wrong and what was wanted.
 */
export function validateMessage<T extends ClientMessage>(message: T): T {
  const result = ClientMessage.safeParse(message);
  if (result.success) return result.data as T;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const name = path.join('.') || message.type;
  const got = describeValue(at(message, path));
  const want = issue === undefined ? 'another value' : wish(issue);
  if (path[0] === 'audio') throw new Fault('audio.format', { got: `${name} ${got}`, want });
  throw new Fault('command.option', { name, got, want });
}

/** What a field should have been, in words that finish "send …". */
function wish(issue: z.core.$ZodIssue): string {
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
function at(value: unknown, path: readonly PropertyKey[]): unknown {
  const read = (inner: unknown, key: PropertyKey): unknown =>
    typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
      ? (inner as Record<PropertyKey, unknown>)[key]
      : undefined;
  return path.reduce<unknown>(read, value);
}
