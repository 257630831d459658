// The addon's interface to JavaScript: one class, with every decode on a thread of its own (libuv's pool has only
// four).
#include <napi.h>

#include <system_error>
#include <thread>

#include "decode/model.h"
#include "diagnostics.h"

namespace {

using sotto::Decode;
using sotto::DecodeOptions;
using sotto::Failure;

DecodeOptions read_options(const Napi::Object & given) {
    DecodeOptions options;
    options.language = given.Get("language").As<Napi::String>();
    const Napi::Array languages = given.Get("languages").As<Napi::Array>();
    for (uint32_t i = 0; i < languages.Length(); i++) options.languages.push_back(languages.Get(i).As<Napi::String>());
    options.translate = given.Get("translate").As<Napi::Boolean>();
    options.prompt = given.Get("prompt").As<Napi::String>();
    if (given.Has("promptLanguage")) options.prompt_language = given.Get("promptLanguage").As<Napi::String>();
    options.prefix = given.Get("prefix").As<Napi::String>();
    options.draft = given.Get("draft").As<Napi::String>();
    options.window_floor = given.Get("windowFloor").As<Napi::Number>();
    options.threads = given.Get("threads").As<Napi::Number>();
    options.word_times = given.Get("wordTimes").As<Napi::Boolean>();
    options.timestamps = given.Get("timestamps").As<Napi::Boolean>();
    options.beam_size = given.Get("beamSize").As<Napi::Number>();
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
        each.Set("space", word.has_space);
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

Napi::Error create_error(Napi::Env env, const Failure & failure) {
    Napi::Error error = Napi::Error::New(env, failure.problem);
    error.Set("code", failure.code);
    return error;
}

struct Job {
    Napi::Promise::Deferred deferred;
    Napi::ThreadSafeFunction done;
    std::shared_ptr<sotto::Model> model;
    std::shared_ptr<sotto::DecodeControl> control;
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
        } catch (const std::bad_alloc &) {
            create_error(call.Env(), Failure::out_of_memory()).ThrowAsJavaScriptException();
        } catch (const std::exception & problem) {
            create_error(call.Env(), {sotto::failure_code::CORRUPT, problem.what()}).ThrowAsJavaScriptException();
        }
    }

  private:
    // decode(id, samples, options): a promise
    Napi::Value decode(const Napi::CallbackInfo & call) {
        const Napi::Env env = call.Env();
        const auto deferred = Napi::Promise::Deferred::New(env);
        if (model_ == nullptr) {
            deferred.Reject(create_error(env, {sotto::failure_code::CLOSED, "the model is closed"}).Value());
            return deferred.Promise();
        }
        const uint32_t id = call[0].As<Napi::Number>();
        const Napi::Float32Array samples = call[1].As<Napi::Float32Array>();
        auto control = std::make_shared<sotto::DecodeControl>();
        running_[id] = control;
        auto done = Napi::ThreadSafeFunction::New(env, Napi::Function(), "decode", 0, 1);
        auto * job = new Job{deferred,
                             done,
                             model_,
                             control,
                             std::vector<float>(samples.Data(), samples.Data() + samples.ElementLength()),
                             read_options(call[2].As<Napi::Object>()),
                             Decode()};
        Ref();
        try {
            start(job, id);
        } catch (const std::system_error &) {
            // The system has no more threads.
            running_.erase(id);
            Unref();
            done.Release();
            delete job;
            deferred.Reject(create_error(env, Failure::out_of_memory()).Value());
        }
        return deferred.Promise();
    }

    // Runs a decode on a thread of its own, which answers it. Throws std::system_error when there is no thread.
    void start(Job * job, uint32_t id) {
        std::thread([this, job, id] {
            job->decode = job->model->decode(job->samples, job->options, *job->control);
            job->done.BlockingCall(job, [this, id](Napi::Env env, Napi::Function, Job * job) {
                running_.erase(id);
                Unref();
                const std::optional<Failure> & failure = job->decode.failure;
                if (failure) job->deferred.Reject(create_error(env, *failure).Value());
                else job->deferred.Resolve(write_decode(env, job->decode));
                job->done.Release();
                delete job;
            });
        }).detach();
    }

    void abort(const Napi::CallbackInfo & call) {
        const auto found = running_.find(call[0].As<Napi::Number>().Uint32Value());
        if (found != running_.end()) found->second->request_abort();
    }

    // steps(id): a count that grows while the decode goes on; 0 before it begins and after it has ended
    Napi::Value steps(const Napi::CallbackInfo & call) {
        const auto found = running_.find(call[0].As<Napi::Number>().Uint32Value());
        return Napi::Number::New(call.Env(), found == running_.end() ? 0 : found->second->steps());
    }

    // Running decodes keep the weights until they have ended.
    void close(const Napi::CallbackInfo &) {
        for (auto & [id, control] : running_) control->request_abort();
        model_.reset();
    }

    Napi::Value info(const Napi::CallbackInfo & call) {
        Napi::Object out = Napi::Object::New(call.Env());
        if (model_ == nullptr) return out;
        const sotto::ModelInfo info = model_->info();
        out.Set("type", info.type);
        out.Set("multilingual", info.is_multilingual);
        out.Set("vocabulary", info.vocabulary_size);
        out.Set("audioFrames", info.audio_frames);
        out.Set("textTokens", info.text_tokens);
        out.Set("melBands", info.mel_bands);
        out.Set("bytes", info.bytes);
        return out;
    }

    std::shared_ptr<sotto::Model> model_;
    std::map<uint32_t, std::shared_ptr<sotto::DecodeControl>> running_;
};

Napi::Object init(Napi::Env env, Napi::Object exports) {
    select_kernels(env);
    exports.Set("Model", Model::define(env));
    exports.Set("diagnostics", define_diagnostics(env));
    return exports;
}

}  // namespace

NODE_API_MODULE(sotto_whisper, init)
