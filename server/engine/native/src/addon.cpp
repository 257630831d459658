// The door to JavaScript: one class, every decode on a thread of its own (libuv's pool has only four).
#include <napi.h>

#include <thread>

#include "decode.h"
#include "kernels.h"
#include "profile.h"
#include "selftest.h"

namespace {

using sotto::Decode;
using sotto::DecodeOptions;

DecodeOptions read_options(const Napi::Object & given) {
    DecodeOptions options;
    options.language = given.Get("language").As<Napi::String>();
    const Napi::Array languages = given.Get("languages").As<Napi::Array>();
    for (uint32_t i = 0; i < languages.Length(); i++) options.languages.push_back(languages.Get(i).As<Napi::String>());
    options.translate = given.Get("translate").As<Napi::Boolean>();
    options.prompt = given.Get("prompt").As<Napi::String>();
    options.prefix = given.Get("prefix").As<Napi::String>();
    options.window_floor = given.Get("windowFloor").As<Napi::Number>();
    options.threads = given.Get("threads").As<Napi::Number>();
    options.word_times = given.Get("wordTimes").As<Napi::Boolean>();
    options.timestamps = given.Get("timestamps").As<Napi::Boolean>();
    options.beam_size = given.Get("beamSize").As<Napi::Number>();
    options.whisper_loop = given.Get("whisperLoop").As<Napi::Boolean>();
    const Napi::Array temperatures = given.Get("temperatures").As<Napi::Array>();
    options.temperatures.clear();
    for (uint32_t i = 0; i < temperatures.Length(); i++)
        options.temperatures.push_back(temperatures.Get(i).As<Napi::Number>());
    return options;
}

Napi::Object write_decode(Napi::Env env, const Decode & decode) {
    Napi::Object out = Napi::Object::New(env);
    Napi::Array words = Napi::Array::New(env, decode.words.size());
    for (size_t i = 0; i < decode.words.size(); i++) {
        const sotto::Word & word = decode.words[i];
        Napi::Object each = Napi::Object::New(env);
        each.Set("text", word.text);
        each.Set("space", word.space);
        each.Set("fromMs", word.from_ms);
        each.Set("toMs", word.to_ms);
        each.Set("confidence", word.confidence);
        words.Set(static_cast<uint32_t>(i), each);
    }
    Napi::Object probabilities = Napi::Object::New(env);
    for (const auto & [code, probability] : decode.language_probabilities) probabilities.Set(code, probability);
    out.Set("words", words);
    out.Set("language", decode.language);
    out.Set("languageProbability", decode.language_probability);
    out.Set("languageProbabilities", probabilities);
    out.Set("noSpeech", decode.no_speech);
    out.Set("averageLogProbability", decode.average_log_probability);
    out.Set("stop", decode.stop);
    out.Set("tokens", decode.tokens);
    out.Set("encodeMs", decode.encode_ms);
    out.Set("decodeMs", decode.decode_ms);
    out.Set("windowFrames", decode.window_frames);
    out.Set("temperature", decode.temperature);
    return out;
}

struct Job {
    Napi::Promise::Deferred deferred;
    Napi::ThreadSafeFunction done;
    std::shared_ptr<sotto::Model> model;
    std::shared_ptr<sotto::Watch> watch;
    std::vector<float> samples;
    DecodeOptions options;
    Decode decode;
};

class Model : public Napi::ObjectWrap<Model> {
  public:
    static Napi::Function define(Napi::Env env) {
        return DefineClass(env, "Model",
                           {InstanceMethod("decode", &Model::decode), InstanceMethod("abort", &Model::abort),
                            InstanceMethod("steps", &Model::steps), InstanceMethod("close", &Model::close),
                            InstanceAccessor<&Model::info>("info")});
    }

    explicit Model(const Napi::CallbackInfo & call) : Napi::ObjectWrap<Model>(call) {
        try {
            model_ = sotto::Model::load(call[0].As<Napi::String>());
        } catch (const std::exception & problem) {
            Napi::Error::New(call.Env(), problem.what()).ThrowAsJavaScriptException();
        }
    }

  private:
    // decode(id, samples, options) → promise
    Napi::Value decode(const Napi::CallbackInfo & call) {
        const Napi::Env env = call.Env();
        const auto deferred = Napi::Promise::Deferred::New(env);
        if (model_ == nullptr) {
            deferred.Reject(Napi::Error::New(env, "the model is closed").Value());
            return deferred.Promise();
        }
        const uint32_t id = call[0].As<Napi::Number>();
        const Napi::Float32Array samples = call[1].As<Napi::Float32Array>();
        auto watch = std::make_shared<sotto::Watch>();
        running_[id] = watch;
        auto done = Napi::ThreadSafeFunction::New(env, Napi::Function(), "decode", 0, 1);
        auto * job = new Job{deferred,
                             done,
                             model_,
                             watch,
                             std::vector<float>(samples.Data(), samples.Data() + samples.ElementLength()),
                             read_options(call[2].As<Napi::Object>()),
                             Decode()};
        Ref();
        std::thread([this, job, id] {
            job->decode = job->model->decode(job->samples, job->options, *job->watch);
            job->done.BlockingCall(job, [this, id](Napi::Env env, Napi::Function, Job * job) {
                running_.erase(id);
                Unref();
                if (job->decode.error.empty()) job->deferred.Resolve(write_decode(env, job->decode));
                else job->deferred.Reject(Napi::Error::New(env, job->decode.error).Value());
                job->done.Release();
                delete job;
            });
        }).detach();
        return deferred.Promise();
    }

    void abort(const Napi::CallbackInfo & call) {
        const auto found = running_.find(call[0].As<Napi::Number>().Uint32Value());
        if (found != running_.end()) found->second->give_up();
    }

    // A number that grows while the decode goes on; 0 for one that has not begun or has ended.
    Napi::Value steps(const Napi::CallbackInfo & call) {
        const auto found = running_.find(call[0].As<Napi::Number>().Uint32Value());
        return Napi::Number::New(call.Env(), found == running_.end() ? 0 : found->second->steps());
    }

    // Running decodes keep the weights until they have ended.
    void close(const Napi::CallbackInfo &) {
        for (auto & [id, watch] : running_) watch->give_up();
        model_.reset();
    }

    Napi::Value info(const Napi::CallbackInfo & call) {
        Napi::Object out = Napi::Object::New(call.Env());
        if (model_ == nullptr) return out;
        const sotto::ModelInfo & info = model_->info();
        out.Set("type", info.type);
        out.Set("multilingual", info.multilingual);
        out.Set("vocabulary", info.vocabulary);
        out.Set("audioFrames", info.audio_frames);
        out.Set("textTokens", info.text_tokens);
        out.Set("melBands", info.mel_bands);
        out.Set("bytes", info.bytes);
        return out;
    }

    std::shared_ptr<sotto::Model> model_;
    std::map<uint32_t, std::shared_ptr<sotto::Watch>> running_;
};

template <typename Check> Napi::Value check(const Napi::CallbackInfo & call, Check run) {
    Napi::Object out = Napi::Object::New(call.Env());
    try {
        const sotto::ProductErrors errors = run(call[0].As<Napi::Object>());
        out.Set("plain", errors.plain);
        out.Set("library", errors.library);
        out.Set("libraryPlain", errors.library_plain);
    } catch (const std::exception & problem) {
        Napi::Error::New(call.Env(), problem.what()).ThrowAsJavaScriptException();
    }
    return out;
}

Napi::Value check_product(const Napi::CallbackInfo & call) {
    return check(call, [](const Napi::Object & shape) {
        const auto number = [&](const char * name) { return shape.Get(name).As<Napi::Number>(); };
        return sotto::check_product({number("rows"), number("columns"), number("length"),
                                     shape.Get("type").As<Napi::String>(), number("threads"), number("seed")});
    });
}

Napi::Value check_attention(const Napi::CallbackInfo & call) {
    return check(call, [](const Napi::Object & shape) {
        const auto number = [&](const char * name) { return shape.Get(name).As<Napi::Number>(); };
        return sotto::check_attention(number("frames"), number("seen"), number("heads"), number("threads"),
                                      number("seed"));
    });
}

Napi::Value check_windows(const Napi::CallbackInfo & call) {
    const Napi::Object shape = call[0].As<Napi::Object>();
    const auto number = [&](const char * name) { return shape.Get(name).As<Napi::Number>(); };
    return Napi::Boolean::New(call.Env(), sotto::check_windows(number("length"), number("channels"), number("stride"),
                                                               number("threads"), number("seed")));
}

Napi::Value measure_peaks(const Napi::CallbackInfo & call) {
    const sotto::Peaks peaks = sotto::measure_peaks();
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

// The library's own kernels instead of ours, in the whole process.
void use_library(const Napi::CallbackInfo & call) { sotto_only_library = call[0].As<Napi::Boolean>(); }

// What tests and benches ask of the kernels; the server calls none of it.
Napi::Object define_diagnostics(Napi::Env env) {
    Napi::Object out = Napi::Object::New(env);
    const char * kernels = sotto_kernels();
    out.Set("kernels", kernels == nullptr ? env.Null() : Napi::String::New(env, kernels));
    out.Set("checkProduct", Napi::Function::New(env, check_product));
    out.Set("checkAttention", Napi::Function::New(env, check_attention));
    out.Set("checkWindows", Napi::Function::New(env, check_windows));
    out.Set("measurePeaks", Napi::Function::New(env, measure_peaks));
    out.Set("beginProfile", Napi::Function::New(env, begin_profile));
    out.Set("endProfile", Napi::Function::New(env, end_profile));
    out.Set("useLibrary", Napi::Function::New(env, use_library));
    return out;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
    exports.Set("Model", Model::define(env));
    exports.Set("diagnostics", define_diagnostics(env));
    return exports;
}

}  // namespace

NODE_API_MODULE(sotto_whisper, init)
