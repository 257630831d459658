// `npm run graph`: prints the picture of the modules, as ARCHITECTURE.md has it, and how large each is.
import { fileURLToPath } from 'node:url';
import { drawModules, readSources, tableOfSizes } from './module-graph.ts';
import { MODULE_NAMES } from './modules.ts';

const sources = readSources(fileURLToPath(new URL('../..', import.meta.url)), MODULE_NAMES);
console.log(`\`\`\`mermaid\n${drawModules(sources, MODULE_NAMES)}\n\`\`\`\n\n${tableOfSizes(sources, MODULE_NAMES)}`);
