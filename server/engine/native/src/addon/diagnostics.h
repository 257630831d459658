// What tests and benches ask of the addon; the server calls none of it.
#pragma once

#include <napi.h>

Napi::Object define_diagnostics(Napi::Env env);

// Chooses the kernels that compute in this process. Throws when there are none for this processor, or SOTTO_KERNELS
// names others.
void select_kernels(Napi::Env env);
