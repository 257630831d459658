// `npm run graph`: prints the picture of the modules and how large each is; `-- --write` puts the picture into ARCHITECTURE.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawModules, putPicture, readSources, tableOfSizes } from './module-graph.ts';
import { MODULE_NAMES } from './modules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = readSources(root, MODULE_NAMES);
const picture = drawModules(sources, MODULE_NAMES);
if (process.argv.includes('--write')) {
  const page = `${root}/ARCHITECTURE.md`;
  writeFileSync(page, putPicture(readFileSync(page, 'utf8'), picture));
} else {
  console.log(`\`\`\`mermaid\n${picture}\n\`\`\`\n\n${tableOfSizes(sources, MODULE_NAMES)}`);
}
