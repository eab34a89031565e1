// How a key's call was written: the part of a key's bytes behind the canonical one, written and read back.
//
// For each argument, positionals first: a byte with the parameter's number and two flags; the name, where it has no
// number; the value, where the canonical part does not hold it as it was written.
#pragma once

#include <array>
#include <vector>

#include "keys/decoder.hpp"
#include "keys/encoder.hpp"

namespace client_cache::python {

// Appends the spelling of `call`, whose canonical encoding had `params`. New identities go to the encoder's.
void encode_spelling(const Call& call, const EncodedParams& params, ByteBuffer& out,
                     std::vector<nb::object>& identities);

// A key's bytes, taken apart and checked. Throws FormatError. `identities` says that the key was made in this process:
// it may name objects by address, and what meant nothing in its call, boto3's defaults, may be another by now.
class Spelling {
 public:
  Spelling(Kind kind, std::string_view canonical, std::string_view spelling, bool identities);

  nb::str label() const;
  nb::tuple key() const;

 private:
  struct Argument {
    Param param;
    nb::str name;
    Form form;  // of `value`: canonical where it is the canonical part's
    std::string_view value;

    bool is_secret() const { return value.front() == static_cast<char>(Tag::secret); }
    bool is_none() const { return value.front() == static_cast<char>(Tag::none); }
  };

  void read_canonical(std::string_view canonical);
  void read_arguments(std::string_view spelling);
  Argument read_argument(Decoder& decoder, std::string_view spelling, unsigned head);
  void check_against_canonical() const;
  bool is_default(const Argument& argument) const;
  void show_service_first();
  nb::str repr(const Argument& argument) const;
  nb::object value(const Argument& argument) const;

  Kind kind_;
  bool identities_;
  std::array<std::string_view, kParams> params_{};  // the canonical values, empty where there is none
  std::vector<nb::str> named_;                      // the names of the canonical part's other parameters
  std::vector<Argument> positionals_;
  std::vector<Argument> keywords_;  // sorted by name
};

// What a key means: for each parameter by name, `(canonical bytes, value as it may be shown)`. Defaults are not there.
nb::dict canonical_parameters(std::string_view canonical);

}  // namespace client_cache::python
