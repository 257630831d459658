import { mkdirSync, writeFileSync } from 'node:fs';
import { buildSchemaDocuments } from '../../protocol/documents.ts';

/** Writes protocol/schemas anew: `npx tsx tests/support/generate-schemas.ts`. */
const folder = new URL('../../protocol/schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(buildSchemaDocuments())) writeFileSync(new URL(name, folder), text);
