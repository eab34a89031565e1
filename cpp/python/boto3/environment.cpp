#include "boto3/environment.hpp"

#include <memory>

#include "interpreter/capi.hpp"

namespace client_cache::python {

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
  env->method_names = {intern("client"), intern("resource"), intern("session")};

  const nb::object session = nb::module_::import_("boto3.session").attr("Session");
  for (std::size_t kind = 0; kind < kKindsOfSession; ++kind) {
    env->signatures[kind].read(env->names, kParamsOfClients, session.attr(nb::handle(env->method_names[kind])));
  }
  env->signatures[index_of(Kind::session)].read(env->names, kParamsOfSessions, session.attr("__init__"));
  env->boto3_session = nb::object(session).release().ptr();
  nb::object config = nb::module_::import_("botocore.config").attr("Config");
  env->config_type = reinterpret_cast<PyTypeObject*>(config.release().ptr());
  env->value_types = {
      nb::object(nb::module_::import_("botocore.client").attr("BaseClient")).release().ptr(),
      nb::object(nb::module_::import_("boto3.resources.base").attr("ServiceResource")).release().ptr(),
      env->boto3_session,
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

}  // namespace client_cache::python
