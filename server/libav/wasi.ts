const SUCCESS = 0;
const NOT_SUPPORTED = 58;
const BAD_DESCRIPTOR = 8;
/** Calls that the module contains and never needs. */
const REFUSED = [
  'fd_close',
  'fd_fdstat_get',
  'fd_fdstat_set_flags',
  'fd_read',
  'fd_seek',
  'fd_write',
  'path_open',
  'poll_oneoff',
];

/**
 * The few calls of WASI preview 1 that the C library is linked with. The module gets no files, no environment and no standard
 * streams: everything it reads comes through the functions of the host.
 */
export function createWasiImports(getMemory: () => WebAssembly.Memory): WebAssembly.ModuleImports {
  const view = (): DataView => new DataView(getMemory().buffer);
  const empty = (count: number, bytes: number): number => {
    view().setUint32(count, 0, true);
    view().setUint32(bytes, 0, true);
    return SUCCESS;
  };
  const calls: Record<string, (...args: never[]) => unknown> = {
    args_get: () => SUCCESS,
    args_sizes_get: empty,
    environ_get: () => SUCCESS,
    environ_sizes_get: empty,
    clock_time_get: (_clock: number, _precision: bigint, into: number) => {
      view().setBigUint64(into, process.hrtime.bigint(), true);
      return SUCCESS;
    },
    proc_exit: () => {
      throw new Error('libav gave up');
    },
    fd_prestat_get: () => BAD_DESCRIPTOR,
    fd_prestat_dir_name: () => BAD_DESCRIPTOR,
    ...Object.fromEntries(REFUSED.map((name) => [name, () => NOT_SUPPORTED])),
  };
  return calls as WebAssembly.ModuleImports;
}
