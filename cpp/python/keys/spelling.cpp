#include "keys/spelling.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>

#include "interpreter/capi.hpp"

namespace client_cache::python {
namespace {

constexpr unsigned kKeyword = 0x80;
constexpr unsigned kInline = 0x40;
constexpr unsigned kParamMask = 0x3F;

bool by_name(const nb::str& left, const nb::str& right) { return PyUnicode_Compare(left.ptr(), right.ptr()) < 0; }

// A parameter's value, which is a digest where it is a secret.
void check_value(Decoder& decoder, Param param) {
  if (is_secret(param) && !decoder.next_is(Tag::none)) {
    decoder.secret();
  } else {
    decoder.value();
  }
}

}  // namespace

void encode_spelling(const Call& call, const EncodedParams& params, ByteBuffer& out,
                     std::vector<nb::object>& identities) {
  const Environment& env = environment();
  Encoder encoder(out, Form::spelled);
  const auto put = [&](unsigned flags, Param param, PyObject* name, PyObject* value) {
    const std::size_t i = index_of(param);
    if (param == Param::named) {
      out.push(static_cast<char>(flags | kInline));
      encoder.name(name);
      return encoder.value(value);
    }
    const std::uint32_t bit = std::uint32_t{1} << i;
    const bool as_canonical = (params.present & bit) && !(params.reshaped & bit) && call.slots[i] == value;
    out.push(static_cast<char>(flags | i | (as_canonical ? 0 : kInline)));
    if (!as_canonical) encoder.param(param, value);
  };
  const auto& positional = env.signatures[index_of(call.kind)].positional;
  for (std::size_t i = 0; i < call.positionals; ++i) put(0, positional[i].param, positional[i].name, call.args[i]);
  for (std::size_t i = 0; i < call.keyword_count(); ++i) {
    PyObject* value = call.keyword_value(i);
    if (value == call.eviction_policy || value == call.max_size) {
      PyObject* name = call.keyword_name(i);
      if (PyUnicode_Compare(name, env.str_eviction_policy) == 0 || PyUnicode_Compare(name, env.str_max_size) == 0)
        continue;
    }
    put(kKeyword, param_by_name(call, call.keyword_name(i)), call.keyword_name(i), value);
  }
  for (nb::object& object : encoder.identities()) identities.push_back(std::move(object));
}

Spelling::Spelling(Kind kind, std::string_view canonical, std::string_view spelling, bool identities)
    : kind_(kind), identities_(identities) {
  read_canonical(canonical);
  read_arguments(spelling);
  if (!identities) check_against_canonical();
  show_service_first();
}

void Spelling::read_canonical(std::string_view canonical) {
  Decoder decoder(canonical, Form::canonical, identities_);
  if (decoder.byte() != static_cast<unsigned char>(kKindTags[index_of(kind_)]))
    throw FormatError("a key of the other kind");
  std::size_t last = 0;
  while (!decoder.at_end()) {
    const std::size_t i = decoder.byte();
    if (i == index_of(Param::named)) {
      nb::str name = decoder.text();
      if (!named_.empty() && !by_name(named_.back(), name)) throw FormatError("parameters that are out of order");
      named_.push_back(std::move(name));
      decoder.value();
      continue;
    }
    if (i >= kParamsOfKeys[index_of(kind_)] || i <= last || !named_.empty())
      throw FormatError("parameters that are unknown or out of order");
    last = i;
    const std::size_t start = decoder.position();
    check_value(decoder, static_cast<Param>(i));
    params_[i] = canonical.substr(start, decoder.position() - start);
  }
}

void Spelling::read_arguments(std::string_view spelling) {
  Decoder decoder(spelling, Form::spelled, identities_);
  while (!decoder.at_end()) {
    const unsigned head = decoder.byte();
    Argument argument = read_argument(decoder, spelling, head);
    if (head & kKeyword) {
      keywords_.push_back(std::move(argument));
    } else if (keywords_.empty()) {
      positionals_.push_back(std::move(argument));
    } else {
      throw FormatError("a positional behind a keyword");
    }
  }
  std::sort(keywords_.begin(), keywords_.end(),
            [](const Argument& left, const Argument& right) { return by_name(left.name, right.name); });
}

Spelling::Argument Spelling::read_argument(Decoder& decoder, std::string_view spelling, unsigned head) {
  const std::size_t i = head & kParamMask;
  if (i >= kParams) throw FormatError("a parameter that is unknown");
  Argument argument{static_cast<Param>(i), str(kParamNames[i]), Form::canonical, params_[i]};
  if (argument.param == Param::named) argument.name = decoder.text();
  if (head & kInline) {
    const std::size_t start = decoder.position();
    check_value(decoder, argument.param);
    argument.form = Form::spelled;
    argument.value = spelling.substr(start, decoder.position() - start);
  }
  if (argument.value.empty()) throw FormatError("a parameter without its value");
  return argument;
}

// The spelling names each canonical parameter once, and besides them only what a call may name and mean nothing by:
// defaults, and a positional None before the keyword.
void Spelling::check_against_canonical() const {
  const auto has_keyword = [this](Param param) {
    return param != Param::named && std::any_of(keywords_.begin(), keywords_.end(),
                                                [param](const Argument& keyword) { return keyword.param == param; });
  };
  std::array<int, kParams> given{};
  std::vector<nb::str> named;
  for (const std::vector<Argument>* arguments : {&positionals_, &keywords_}) {
    for (const Argument& argument : *arguments) {
      const std::size_t i = index_of(argument.param);
      const bool overridden = arguments == &positionals_ && argument.is_none() && has_keyword(argument.param);
      if (overridden) continue;
      if (argument.param == Param::named) {
        named.push_back(argument.name);
      } else if (argument.form == Form::canonical || !argument.is_none()) {
        ++given[i];
        const bool means_nothing =
            is_default(argument) || (argument.param == Param::config && argument.value == kEmptyConfig);
        if (params_[i].empty() && !means_nothing) throw FormatError("an argument that the key does not mean");
      }
    }
  }
  for (std::size_t i = 1; i < kParams; ++i) {
    if (given[i] > 1 || (given[i] == 0 && !params_[i].empty()))
      throw FormatError("parameters that the call does not name once");
  }
  std::sort(named.begin(), named.end(), by_name);
  const bool same = std::equal(named.begin(), named.end(), named_.begin(), named_.end(),
                               [](const nb::str& left, const nb::str& right) { return left.equal(right); });
  if (!same) throw FormatError("parameters that the call does not name once");
}

bool Spelling::is_default(const Argument& argument) const {
  PyObject* const standard = environment().signatures[index_of(kind_)].defaults()[index_of(argument.param)];
  if (standard == nullptr) return false;
  ByteBuffer encoded;
  Encoder(encoded, Form::spelled).param(argument.param, standard);
  return argument.value == encoded.from(0);
}

// A service named by keyword is shown as everybody writes it: first, and positionally.
void Spelling::show_service_first() {
  const auto service = std::find_if(keywords_.begin(), keywords_.end(),
                                    [](const Argument& argument) { return argument.param == Param::service_name; });
  if (service == keywords_.end()) return;
  if (positionals_.empty()) {
    positionals_.push_back(std::move(*service));
  } else {
    positionals_.front() = std::move(*service);  // it was None, or the call would not have been bound
  }
  keywords_.erase(service);
}

nb::str Spelling::repr(const Argument& argument) const {
  if (argument.is_secret()) return str(kMask);
  return Decoder(argument.value, argument.form, identities_).repr();
}

nb::object Spelling::value(const Argument& argument) const {
  if (argument.is_secret()) return str(kMask);
  return Decoder(argument.value, argument.form, identities_).value();
}

nb::str Spelling::label() const {
  nb::list parts;
  for (const Argument& argument : positionals_)
    parts.append(argument.is_secret() ? nb::repr(str(kMask)) : repr(argument));
  for (const Argument& argument : keywords_) parts.append(argument.name + str("=") + repr(argument));
  return nb::cast<nb::str>(str(", ").attr("join")(parts));
}

nb::tuple Spelling::key() const {
  std::size_t given = positionals_.size();
  while (given > 0 && positionals_[given - 1].is_none()) --given;
  nb::list args;
  for (std::size_t i = 0; i < given; ++i) args.append(value(positionals_[i]));
  nb::list keywords;
  for (const Argument& argument : keywords_) {
    if (!argument.is_none()) keywords.append(nb::make_tuple(argument.name, value(argument)));
  }
  return nb::make_tuple(nb::tuple(args), nb::tuple(keywords));
}

nb::dict canonical_parameters(std::string_view canonical) {
  nb::dict parameters;
  Decoder decoder(canonical, Form::canonical, true);
  decoder.byte();  // the kind
  while (!decoder.at_end()) {
    const auto param = static_cast<Param>(decoder.byte());
    const nb::str name = param == Param::named ? decoder.text() : str(kParamNames[index_of(param)]);
    const std::size_t start = decoder.position();
    nb::object shown = str(kMask);
    if (decoder.next_is(Tag::secret)) {
      decoder.secret();
    } else {
      shown = decoder.value();
    }
    const std::string_view bytes = canonical.substr(start, decoder.position() - start);
    parameters[name] = nb::make_tuple(nb::bytes(bytes.data(), bytes.size()), shown);
  }
  return parameters;
}

}  // namespace client_cache::python
