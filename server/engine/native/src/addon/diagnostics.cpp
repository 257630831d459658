#include "diagnostics.h"

#include <stdexcept>

#include "decode/model.h"
#include "diagnostics/kernel-checks.h"
#include "diagnostics/peaks.h"
#include "diagnostics/profile.h"
#include "kernels/kernel-set.h"

// The plain loops, which the build compiles for every processor.
namespace sotto::kernels_plain {
extern const KernelSet KERNELS;
}

namespace {

// Turns what `run` throws into an exception of JavaScript.
template <typename Run> Napi::Value rethrow(const Napi::CallbackInfo & call, Run run) {
    try {
        return run(call[0].As<Napi::Object>());
    } catch (const std::exception & problem) {
        Napi::Error::New(call.Env(), problem.what()).ThrowAsJavaScriptException();
        return call.Env().Undefined();
    }
}

int integer(const Napi::Object & object, const char * name) { return object.Get(name).As<Napi::Number>(); }

// checkKernels(): the selected set beside plain loops, [{name, error, limit}]
Napi::Value check_kernels(const Napi::CallbackInfo & call) {
    Napi::Array out = Napi::Array::New(call.Env());
    for (const sotto::KernelCheck & check : sotto::check_kernels(sotto::kernels(), sotto::kernels_plain::KERNELS)) {
        Napi::Object each = Napi::Object::New(call.Env());
        each.Set("name", check.name);
        each.Set("error", check.error);
        each.Set("limit", check.limit);
        out.Set(out.Length(), each);
    }
    return out;
}

std::vector<int> read_integers(const Napi::Value & value) {
    const Napi::Array array = value.As<Napi::Array>();
    std::vector<int> out;
    for (uint32_t i = 0; i < array.Length(); i++) out.push_back(array.Get(i).As<Napi::Number>());
    return out;
}

Napi::Array write_integers(Napi::Env env, const std::vector<int> & values) {
    Napi::Array out = Napi::Array::New(env, values.size());
    for (size_t i = 0; i < values.size(); i++) out.Set(static_cast<uint32_t>(i), values[i]);
    return out;
}

// computeLogits({path, samples, windowFrames, text, oneByOne}): loads the model, and blocks.
Napi::Value compute_logits(const Napi::CallbackInfo & call) {
    return rethrow(call, [&](const Napi::Object & request) -> Napi::Value {
        const std::shared_ptr<sotto::Model> model = sotto::Model::load(request.Get("path").As<Napi::String>());
        const Napi::Float32Array given = request.Get("samples").As<Napi::Float32Array>();
        const std::vector<float> samples(given.Data(), given.Data() + given.ElementLength());
        std::vector<int> tokens = model->transcript_start();
        const int first = static_cast<int>(tokens.size()) - 1;
        const std::vector<int> text = read_integers(request.Get("tokens"));
        tokens.insert(tokens.end(), text.begin(), text.end());
        const std::vector<float> logits = model->compute_logits(samples, integer(request, "windowFrames"), tokens,
                                                                first, request.Get("oneByOne").As<Napi::Boolean>());
        Napi::Float32Array out = Napi::Float32Array::New(call.Env(), logits.size());
        std::copy(logits.begin(), logits.end(), out.Data());
        return out;
    });
}

// tokenize({path, text}): loads the model, and blocks.
Napi::Value tokenize(const Napi::CallbackInfo & call) {
    return rethrow(call, [&](const Napi::Object & request) -> Napi::Value {
        const std::shared_ptr<sotto::Model> model = sotto::Model::load(request.Get("path").As<Napi::String>());
        return write_integers(call.Env(), model->tokenize(request.Get("text").As<Napi::String>()));
    });
}

Napi::Value measure_peaks(const Napi::CallbackInfo & call) {
    const sotto::Peaks peaks = sotto::measure_peaks(sotto::kernels().name);
    Napi::Object out = Napi::Object::New(call.Env());
    out.Set("bytes", peaks.bytes);
    out.Set("floats", peaks.floats);
    out.Set("read", peaks.read);
    return out;
}

void begin_profile(const Napi::CallbackInfo &) { sotto::begin_profile(); }

Napi::Value end_profile(const Napi::CallbackInfo & call) {
    Napi::Object out = Napi::Object::New(call.Env());
    for (const auto & [name, row] : sotto::end_profile()) {
        Napi::Object each = Napi::Object::New(call.Env());
        each.Set("calls", static_cast<double>(row.calls));
        each.Set("ms", row.ms);
        each.Set("products", row.products);
        each.Set("bytes", row.bytes);
        out.Set(name, each);
    }
    return out;
}

Napi::Value select_kernels_by_name(const Napi::CallbackInfo & call) {
    const std::string name = call[0].As<Napi::String>();
    if (!sotto::select_kernel_set(name))
        Napi::Error::New(call.Env(), "there are no kernels named " + name).ThrowAsJavaScriptException();
    return call.Env().Undefined();
}

Napi::Value name_of_kernels(const Napi::CallbackInfo & call) {
    return Napi::String::New(call.Env(), sotto::kernels().name);
}

}  // namespace

void select_kernels(Napi::Env env) {
    try {
        sotto::select_kernel_set_for_processor();
    } catch (const std::exception & problem) {
        throw Napi::Error::New(env, problem.what());
    }
}

Napi::Object define_diagnostics(Napi::Env env) {
    Napi::Object out = Napi::Object::New(env);
    const std::vector<std::string> names = sotto::kernel_set_names();
    Napi::Array kernels = Napi::Array::New(env, names.size());
    for (size_t i = 0; i < names.size(); i++) kernels.Set(static_cast<uint32_t>(i), names[i]);
    out.Set("kernelSets", kernels);
    out.DefineProperty(Napi::PropertyDescriptor::Accessor<name_of_kernels>("kernels", napi_enumerable));
    out.Set("selectKernels", Napi::Function::New(env, select_kernels_by_name));
    out.Set("checkKernels", Napi::Function::New(env, check_kernels));
    out.Set("computeLogits", Napi::Function::New(env, compute_logits));
    out.Set("tokenize", Napi::Function::New(env, tokenize));
    out.Set("measurePeaks", Napi::Function::New(env, measure_peaks));
    out.Set("beginProfile", Napi::Function::New(env, begin_profile));
    out.Set("endProfile", Napi::Function::New(env, end_profile));
    return out;
}
