import { readdirSync } from 'node:fs';

/** `npm run bench -- NAME [options]`: runs one part; without a name it lists them. */
const parts = readdirSync(new URL('./parts/', import.meta.url)).map((file) => file.replace(/\.ts$/, ''));
const [name = '', ...args] = process.argv.slice(2);
if (!parts.includes(name)) {
  console.error(`Which one? ${parts.join(', ')}`);
  process.exit(64);
}
const part = (await import(`./parts/${name}.ts`)) as { run(args: string[]): Promise<void> };
await part.run(args);
process.exit();
