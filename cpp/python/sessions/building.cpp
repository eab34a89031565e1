#include "sessions/building.hpp"

#include "caches/arguments.hpp"
#include "interpreter/capi.hpp"
#include "interpreter/modules.hpp"

namespace client_cache::python {
namespace {

nb::object call_boto3(nb::handle method, const Call& call) {
  const Arguments boto3s = for_boto3(call);
  return owned(platform::parked_at_exit(
      [&] { return PyObject_Call(method.ptr(), boto3s.positionals.ptr(), boto3s.keywords.ptr()); }));
}

// What builds, bound to the session, with its origin.
struct Builder {
  nb::object method;
  nb::object origin;
};

std::optional<Builder> builder_of(PyObject* session, Kind kind) {
  const std::optional<BuildingMethod> method = method_of(session, kind);
  if (!method) return std::nullopt;
  return Builder{bound_to(method->definitions.front().object.ptr(), session), nb::int_(method->origin)};
}

}  // namespace

Arguments for_boto3(const Call& call) {
  nb::list positionals;
  for (std::size_t i = 0; i < call.positionals; ++i) positionals.append(nb::handle(call.args[i]));
  nb::dict keywords;
  for (std::size_t i = 0; i < call.keyword_count(); ++i) {
    const nb::handle name(call.keyword_name(i));
    const bool ours =
        name.equal(nb::handle(environment().str_eviction_policy)) || name.equal(nb::handle(environment().str_max_size));
    if (!ours) keywords[name] = nb::handle(call.keyword_value(i));
  }
  return {nb::tuple(positionals), keywords};
}

nb::object call_uncached(nb::handle method, Call& call) {
  if (bind(call, PositionalNone::given).outcome == Binding::Outcome::bound) {
    static_cast<void>(parse_policy(call.kind, call.eviction_policy, kInvalidPolicy));
    if (call.max_size != nullptr) static_cast<void>(parse_max_size(call.kind, call.max_size));
  }
  return call_boto3(method, call);
}

nb::object call_unbound(const Asked& asked, Call& call) {
  const std::optional<Builder> builder = builder_of(asked.session, call.kind);
  const nb::handle name(environment().method_names[index_of(call.kind)]);
  return call_uncached(builder ? builder->method : nb::object(nb::handle(asked.session).attr(name)), call);
}

nb::object build_inner_client(const Asked& asked, Call& call) {
  const std::optional<Builder> builder = builder_of(asked.session, call.kind);
  return builder ? call_boto3(builder->method, call) : call_unbound(asked, call);
}

nb::object create(const Asked& asked, Call& call, PyObject* cache, EncodedCall& encoded,
                  std::optional<std::size_t> max_size) {
  const nb::handle kind_name(environment().method_names[index_of(call.kind)]);
  const std::optional<Builder> builder = builder_of(asked.session, call.kind);
  if (!builder) return call_uncached(nb::handle(asked.session).attr(kind_name), call);  // replaced since
  const nb::object key = encoded.make_key(key_type(call.kind));
  const auto [positionals, keywords] = for_boto3(call);
  const nb::object size = max_size ? nb::object(nb::int_(*max_size)) : nb::none();
  return call_python(package_attribute("session", "create"), nb::handle(asked.session), asked.caches, kind_name,
                     nb::handle(cache), key, positionals, keywords, size, builder->method, builder->origin);
}

}  // namespace client_cache::python
