// The parameters of boto3's `Session.client` and `Session.resource`, by numbers that never change.
//
// The numbers are written into keys and into their pickles, so they are fixed here rather than taken from the order of
// the installed boto3's signature. A parameter that boto3 adds later is encoded by its name until it gets a number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace client_cache::python {

enum class Kind : std::uint8_t { client, resource };
inline constexpr std::size_t kKinds = 2;

enum class Param : std::uint8_t {
  named,  // any other, encoded by its name
  service_name,
  region_name,
  api_version,
  use_ssl,
  verify,
  endpoint_url,
  aws_access_key_id,
  aws_secret_access_key,
  aws_session_token,
  config,
  aws_account_id,
};
inline constexpr std::size_t kParams = 12;

inline constexpr std::array<const char*, kParams> kParamNames{
    "",       "service_name",   "region_name",       "api_version",           "use_ssl",
    "verify", "endpoint_url",   "aws_access_key_id", "aws_secret_access_key", "aws_session_token",
    "config", "aws_account_id",
};

constexpr std::size_t index_of(Param param) { return static_cast<std::size_t>(param); }
constexpr std::size_t index_of(Kind kind) { return static_cast<std::size_t>(kind); }

constexpr bool is_secret(Param param) {
  return param == Param::aws_access_key_id || param == Param::aws_secret_access_key ||
         param == Param::aws_session_token;
}

}  // namespace client_cache::python
