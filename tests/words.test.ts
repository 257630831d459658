import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { sourcesBelow } from './run/compile.ts';
import { type DeclaredName, findDeclaredNames, findDeclaredNamesInText } from './support/source-rules.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['client', 'models', 'protocol', 'server', 'tests', 'transcript'];

/**
 * Words that no name contains any more, with what to say instead. A word is matched by its parts in camel case: `turnedAway`
 * matches `turnedAwayMs` and `TURNED_AWAY`, but `seat` does not match `seats`.
 */
const RETIRED: Readonly<Record<string, string>> = {
  allowance: 'TokenBucket',
  bearsOut: 'isSupported',
  birth: 'SessionRecord',
  bite: 'onTimeout',
  born: 'created, started',
  bornOf: 'create…',
  caller: 'ClientIdentity',
  courier: 'DeliveryQueue',
  dawdle: 'isIdle, idle…',
  dawdles: 'isIdle, idle…',
  deed: '…Action, …Callbacks',
  deeds: '…Callbacks',
  desk: '…Routes, …Store',
  door: 'endpoint, ApiKeyAuth',
  doorkeeper: 'ApiKeyAuth',
  doors: 'endpoints',
  doubt: 'reject',
  doubted: 'rejected…',
  ears: 'AudioInput',
  farewell: 'RejectedConnection',
  goodbye: 'Rejection, CloseFrames',
  hearer: 'model',
  jobBoard: 'DecodeScheduler',
  ladder: 'LoadShedder',
  leaveFor: 'getAllowedOrigin',
  letRest: 'what it does',
  lookAround: 'detectEnvironment',
  manner: 'policy, delivery, priority',
  misled: 'needsRetryWithoutPrompt',
  notebook: 'MeetingDatabase',
  parcel: 'Delivery, TranscriptChange',
  passes: 'viewerTokens',
  performer: 'TextInserter',
  posting: 'DecodeRequest',
  preciousAs: 'classifyProtectedWord',
  recalled: 'RestoredJournal',
  restingOn: 'formatCitations',
  screenLight: 'ScreenWakeLock',
  seat: 'Viewer, SocketData',
  shelve: 'retire',
  silentShare: 'SilentTabError',
  standing: '…Snapshot',
  stillness: 'SilenceTimeout',
  surroundings: 'Environment',
  trouble: 'ErrorInfo',
  turnedAway: 'Rejection',
  visitor: 'ClientIdentity',
  voicing: 'SpeechSpan',
  wayInto: 'selectInsertionMethod',
  wireDrop: 'enableFileDrop',
  wish: '…Options, …Request',
  wished: 'requested',
  wishes: '…Options',
  witness: 'EventSinks',
  witnesses: 'EventSinks',
  wonder: '…TIMEOUT_MS',
};

const ON_DISK = 'a field of the journal, whose names stay as older versions wrote them';

/** Names that contain such a word for a reason of their own: `path: name`. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'server/core/session/snapshot.ts: doubted': ON_DISK,
  'server/core/session/utterance.ts: doubted': ON_DISK,
  'server/flow/session-journal.ts: birth': ON_DISK,
  'server/flow/session-journal.ts: standing': ON_DISK,
  'tests/unit/flow/old-journal.test.ts: birth': ON_DISK,
  'tests/unit/flow/old-journal.test.ts: standing': ON_DISK,
};

/** Retired words as lists of their parts. */
const PATTERNS = Object.keys(RETIRED).map((word) => ({ word, parts: splitName(word) }));

/** The words of a name in camel case, snake case or kebab case, in lower case. */
function splitName(name: string): string[] {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  return spaced
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

function findRetired(name: string): string | undefined {
  const words = splitName(name);
  const matches = (parts: readonly string[], from: number): boolean =>
    parts.every((part, i) => words[from + i] === part);
  return PATTERNS.find(({ parts }) => words.some((_, from) => matches(parts, from)))?.word;
}

/** What is wrong with these names, one line each. */
function describeRetired(names: readonly DeclaredName[]): string[] {
  return names.flatMap(({ name, path, line }) => {
    const word = findRetired(name);
    if (word === undefined || `${path}: ${name}` in EXCEPTIONS) return [];
    return [`${path}:${line}: ${name} (instead of ${word}: ${RETIRED[word]})`];
  });
}

const paths = FOLDERS.flatMap((folder) => sourcesBelow(ROOT, folder));
const names = findDeclaredNames(paths);

t.test('no name contains a retired word', async (t) => {
  t.ok(names.length > 20_000, 'the names were found');
  t.same(describeRetired(names), []);
});

t.test('no file name contains a retired word', async (t) => {
  t.same(
    paths.filter((path) => findRetired(basename(path)) !== undefined),
    [],
  );
});

t.test('every exception is needed', async (t) => {
  const declared = new Set(names.map(({ name, path }) => `${path}: ${name}`));
  t.same(
    Object.keys(EXCEPTIONS).filter((key) => !declared.has(key)),
    [],
  );
});

t.test('a retired word is found in every kind of declaration, and in no other word', async (t) => {
  const text = `
    import { join as joinWishes } from 'node:path';
    class WishesList { #ladder = 1; seatOf(shelveMs: number) { const { a: witness } = { a: shelveMs }; return witness; } }
    interface Farewell { readonly turnedAway: boolean }
    const TURNED_AWAY_MS = 1, swishes = 2, seats = 3, mannerOf = { wishes: 4 };
  `;
  t.same(
    describeRetired(findDeclaredNamesInText(text)).map((problem) => /: (\S+)/.exec(problem)![1]),
    [
      ...['joinWishes', 'WishesList', '#ladder', 'seatOf', 'shelveMs', 'witness', 'Farewell', 'turnedAway'],
      ...['TURNED_AWAY_MS', 'mannerOf'],
    ],
  );
});
