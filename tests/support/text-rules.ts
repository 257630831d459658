import ts from 'typescript';
import { visitSources } from './source-rules.ts';

/** Methods of a text that look for something in it. */
const SEARCHES: ReadonlySet<string> = new Set([
  ...['includes', 'startsWith', 'endsWith', 'indexOf', 'lastIndexOf', 'search', 'match', 'matchAll', 'localeCompare'],
]);
/** Methods of a pattern that look for it in a text. */
const MATCHES: ReadonlySet<string> = new Set(['test', 'exec']);
/** Properties that hold sentences for people. */
const SENTENCES: ReadonlySet<string> = new Set(['message', 'stack']);

/**
 * Finds every place where a program decides by the English text of an error: a search in `error.message` or a comparison
 * with it. Returns `path: source text` of each.
 */
export function findTextDecisions(program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const found: string[] = [];
  visitSources(program, (node, path, source) => {
    const text = decidedBy(node);
    if (text === undefined || !isErrorText(text, checker)) return;
    found.push(`${path}: ${node.getText(source).replace(/\s+/g, ' ')}`);
  });
  return found;
}

/** The expression whose text decides something; undefined for a node that decides nothing by a text. */
function decidedBy(node: ts.Node): ts.Expression | undefined {
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    if (SEARCHES.has(name.text)) return holdsErrorText(expression) ? expression : node.arguments[0];
    if (MATCHES.has(name.text)) return node.arguments[0];
  }
  if (ts.isSwitchStatement(node)) return node.expression;
  if (!ts.isBinaryExpression(node) || !isComparison(node.operatorToken.kind)) return undefined;
  const isWithText = [node.left, node.right].some((side) => ts.isStringLiteralLike(side) && side.text !== '');
  if (!isWithText) return undefined;
  return ts.isStringLiteralLike(node.left) ? node.right : node.left;
}

const isComparison = (kind: ts.SyntaxKind): boolean =>
  [
    ...[ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken],
    ...[ts.SyntaxKind.EqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsToken],
  ].includes(kind);

const holdsErrorText = (expression: ts.Expression): boolean => sentenceIn(expression) !== undefined;

/** `error.message` in an expression that is made of little else: `error.message ?? ''`, `(error.message).trim()`. */
function sentenceIn(expression: ts.Expression): ts.PropertyAccessExpression | undefined {
  if (ts.isPropertyAccessExpression(expression) && SENTENCES.has(expression.name.text)) return expression;
  if (ts.isCallExpression(expression) && ts.isPropertyAccessExpression(expression.expression))
    return sentenceIn(expression.expression.expression);
  if (ts.isBinaryExpression(expression)) return sentenceIn(expression.left) ?? sentenceIn(expression.right);
  if (ts.isConditionalExpression(expression))
    return sentenceIn(expression.whenTrue) ?? sentenceIn(expression.whenFalse);
  if (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression) || ts.isNonNullExpression(expression))
    return sentenceIn(expression.expression);
  return undefined;
}

/** Whether an expression is the message of an error, ours or anybody's: of a type that has a `stack` or a `cause`, or of any. */
function isErrorText(expression: ts.Expression, checker: ts.TypeChecker): boolean {
  const sentence = sentenceIn(expression);
  if (sentence === undefined) return false;
  const type = checker.getNonNullableType(checker.getTypeAtLocation(sentence.expression));
  if ((type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0) return true;
  return type.getProperty('stack') !== undefined || type.getProperty('code') !== undefined;
}
