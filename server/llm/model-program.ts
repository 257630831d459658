import { resolveProgramPath } from '../process/program-path.ts';

/** The program that runs a GGUF model in a process of its own; its messages are in `wire.ts`. */
export const locateModelProgram = (): string => resolveProgramPath(import.meta.url, './child/main');
