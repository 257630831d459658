import { programPath } from '../process/program-path.ts';

/** The program that runs a GGUF model in a process of its own; it speaks `wire.ts`. */
export const modelProgram = (): string => programPath(import.meta.url, './child/main');
