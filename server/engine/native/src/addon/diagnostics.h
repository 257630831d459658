// What tests and benches ask of the addon; the server calls none of it.
#pragma once

#include <napi.h>

Napi::Object define_diagnostics(Napi::Env env);
