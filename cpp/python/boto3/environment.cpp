#include "boto3/environment.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <algorithm>
#include <memory>
#include <string>

#include "interpreter/capi.hpp"
#include "keys/encoder.hpp"

namespace client_cache::python {
namespace {

PyObject* intern(const char* text) {
  PyObject* name = PyUnicode_InternFromString(text);
  if (name == nullptr) throw nb::python_error();
  return name;
}

PyObject* intern(nb::handle text) {
  PyObject* name = nb::borrow(text).release().ptr();
  PyUnicode_InternInPlace(&name);
  return name;
}

Param param_of(const std::array<PyObject*, kParams>& names, PyObject* interned_name) {
  const auto found = std::find(names.begin() + 1, names.end(), interned_name);
  return found == names.end() ? Param::named : static_cast<Param>(found - names.begin());
}

// The plain function that a method is, or wraps in the end; null for none.
PyFunctionObject* function_of(nb::handle method) {
  nb::object function = nb::module_::import_("inspect").attr("unwrap")(method);
  return PyFunction_Check(function.ptr()) ? reinterpret_cast<PyFunctionObject*>(function.release().ptr()) : nullptr;
}

// Whether CPython reads it back from a `__text_signature__`.
bool is_literal(nb::handle value) {
  return value.is_none() || PyBool_Check(value.ptr()) || PyLong_CheckExact(value.ptr()) ||
         PyUnicode_CheckExact(value.ptr());
}

ConfigOptions read_config_options(nb::handle config_type) {
  ConfigOptions options;
  const nb::object attributes = config_type().attr("__dict__");
  const auto by_mode = nb::cast<nb::dict>(nb::getattr(config_type, "NON_LEGACY_OPTION_DEFAULTS", nb::dict()));
  for (auto [attribute, initial] : nb::cast<nb::dict>(attributes)) {
    const auto text = nb::cast<std::string_view>(attribute);
    if (text == "_user_provided_options") continue;
    // A property keeps its value under its own name behind an underscore (`inject_host_prefix`).
    PyObject* name = text.starts_with('_') ? intern(std::string(text.substr(1)).c_str()) : intern(attribute);
    ByteBuffer encoded;
    Encoder(encoded).name(name);
    options.attributes.push_back(intern(attribute));
    options.initial.push_back(nb::borrow(initial).release().ptr());
    options.names.push_back(name);
    options.by_mode.push_back(by_mode.contains(attribute) ? nb::object(by_mode[attribute]).release().ptr() : nullptr);
    options.encoded.emplace_back(encoded.view());
  }
  for (PyObject* name : options.names) {
    const auto before = [name](PyObject* other) { return PyUnicode_Compare(other, name) < 0; };
    options.ranks.push_back(
        static_cast<std::size_t>(std::count_if(options.names.begin(), options.names.end(), before)));
  }
  return options;
}

}  // namespace

void Signature::read(const std::array<PyObject*, kParams>& names, nb::handle method) {
  constexpr const char* kOurs = "eviction_policy=None, max_size=None";
  const nb::module_ inspect = nb::module_::import_("inspect");
  const nb::object parameter_type = inspect.attr("Parameter");
  const nb::object parameters = inspect.attr("signature")(method).attr("parameters").attr("values")();
  auto seen = std::make_unique<Seen>();
  std::string shown;
  bool self = true;
  bool readable = true;
  for (nb::handle parameter : parameters) {
    if (std::exchange(self, false)) continue;
    const nb::object standard = parameter.attr("default");
    const bool has_default = !standard.is(parameter_type.attr("empty"));
    const bool positional_or_keyword =
        nb::object(parameter.attr("kind")).is(parameter_type.attr("POSITIONAL_OR_KEYWORD"));
    readable = readable && positional_or_keyword && (!has_default || is_literal(standard));
    if (!positional_or_keyword) continue;
    PyObject* name = intern(nb::object(parameter.attr("name")));
    const Param param = param_of(names, name);
    positional.push_back({name, param});
    shown += nb::cast<std::string>(nb::str(nb::handle(name))) +
             (has_default ? "=" + nb::cast<std::string>(nb::repr(standard)) : "") + ", ";
    if (param != Param::named && has_default) seen->defaults[index_of(param)] = nb::object(standard).release().ptr();
  }
  text = readable ? shown + "*, " + kOurs : std::string("*args, ") + kOurs + ", **kwargs";
  function_ = function_of(method);
  seen->tuple = function_ == nullptr ? nullptr : nb::borrow(tuple_now()).release().ptr();
  all_seen_ = seen.release();
  seen_ = all_seen_.load();
}

PyObject* Signature::tuple_now() const {
#ifdef Py_GIL_DISABLED
  return std::atomic_ref(function_->func_defaults).load(std::memory_order_relaxed);
#else
  return function_->func_defaults;
#endif
}

// What was seen before may be in use: it stays, and is used again when its `__defaults__` come back.
const Signature::Defaults& Signature::read_again() const {
  const nb::object tuple = nb::handle(reinterpret_cast<PyObject*>(function_)).attr("__defaults__");
  const nb::tuple values = tuple.is_none() ? nb::tuple() : nb::borrow<nb::tuple>(tuple);
  PyObject* const now = tuple.is_none() ? nullptr : tuple.ptr();
  const Seen* seen = all_seen_.load(std::memory_order_acquire);
  while (seen != nullptr && seen->tuple != now) seen = seen->before;
  if (seen == nullptr) {
    auto made = std::make_unique<Seen>();
    made->tuple = nb::borrow(now).release().ptr();
    for (std::size_t i = 1; i <= std::min(values.size(), positional.size()); ++i) {  // they are the last ones'
      const Param param = positional[positional.size() - i].param;
      if (param != Param::named)
        made->defaults[index_of(param)] = nb::object(values[values.size() - i]).release().ptr();
    }
    made->before = all_seen_.load(std::memory_order_acquire);
    seen = made.release();
    all_seen_.store(seen, std::memory_order_release);  // one that another thread adds now may be lost, and read again
  }
  seen_.store(seen, std::memory_order_release);
  return seen->defaults;
}

void load_environment() {
  auto env = std::make_unique<Environment>();
  for (std::size_t i = 1; i < kParams; ++i) env->names[i] = intern(kParamNames[i]);

  const nb::module_ boto3 = nb::module_::import_("boto3");
  env->boto3_globals = nb::object(boto3.attr("__dict__")).release().ptr();
  env->str_default_session = intern("DEFAULT_SESSION");
  env->str_eviction_policy = intern("eviction_policy");
  env->str_max_size = intern("max_size");
  env->str_state = intern("_client_cache_state");
  env->str_user_options = intern("_user_provided_options");
  env->str_max_attempts = intern("max_attempts");
  env->str_total_max_attempts = intern("total_max_attempts");
  env->str_retries = intern("retries");
  env->str_defaults_mode = intern("defaults_mode");
  env->str_legacy = intern("legacy");
  env->str_proxies = intern("proxies");
  env->str_lru = intern("LRU");
  env->str_lfu = intern("LFU");
  env->str_init = intern("__init__");
  env->str_wrapped = intern("__wrapped__");
  env->str_getattribute = intern("__getattribute__");
  env->method_names = {intern("client"), intern("resource")};

  const nb::object session = nb::module_::import_("boto3.session").attr("Session");
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    env->signatures[kind].read(env->names, session.attr(nb::handle(env->method_names[kind])));
  }
  env->boto3_session = nb::object(session).release().ptr();
  nb::object config = nb::module_::import_("botocore.config").attr("Config");
  env->config_options = read_config_options(config);
  env->config_type = reinterpret_cast<PyTypeObject*>(config.release().ptr());
  env->value_types = {
      nb::object(nb::module_::import_("botocore.client").attr("BaseClient")).release().ptr(),
      nb::object(nb::module_::import_("boto3.resources.base").attr("ServiceResource")).release().ptr(),
  };
  env->unsigned_marker = nb::object(nb::module_::import_("botocore").attr("UNSIGNED")).release().ptr();
  env->enum_type = nb::object(nb::module_::import_("enum").attr("Enum")).release().ptr();
  env->path_like_type = nb::object(nb::module_::import_("os").attr("PathLike")).release().ptr();
  const nb::module_ logging = nb::module_::import_("logging");
  env->logger = nb::object(logging.attr("getLogger")("boto3_client_cache")).release().ptr();
  env->str_is_enabled_for = intern("isEnabledFor");
  env->debug_level = nb::object(logging.attr("DEBUG")).release().ptr();
  detail::loaded = env.release();
}

nb::object module_attribute(const char* module, const char* name) {
  // Interned: CPython caches attribute look-ups by the address of the name.
  const nb::object interned = owned(PyUnicode_InternFromString(name));
  // An exiting interpreter has emptied `sys.modules`, and imports anew, in Python code.
  const nb::object imported = owned(parked_at_exit([module] { return PyImport_ImportModule(module); }));
  return imported.attr(interned);
}

nb::object package_attribute(const char* module, const char* name) {
  return module_attribute((std::string("boto3_client_cache.") + module).c_str(), name);
}

}  // namespace client_cache::python
