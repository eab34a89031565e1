// What is cached, by kind, and the parameters of what makes it, by numbers that never change: of boto3's
// `Session.client` and `Session.resource`, of its `Session`, and of assuming a role.
//
// The numbers are written into keys and into their pickles, so they are fixed here rather than taken from the order of
// the installed boto3's signature. A parameter that boto3 adds later is encoded by its name until it gets a number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace client_cache::python {

enum class Kind : std::uint8_t { client, resource, session };
inline constexpr std::size_t kKinds = 3;
inline constexpr std::array<Kind, kKinds> kAllKinds{Kind::client, Kind::resource, Kind::session};
inline constexpr std::size_t kKindsOfSession = 2;  // what a session makes: the first ones

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
  botocore_session,
  profile_name,
  role_arn,
  role_session_name,
  external_id,
  policy,
  policy_arns,
  tags,
  transitive_tag_keys,
  duration_seconds,
  source,
  source_identity,
  serial_number,
  token_provider,
  web_identity_token_file,
  web_identity_token_loader,
};
inline constexpr std::size_t kParams = 28;

inline constexpr std::array<const char*, kParams> kParamNames{
    "",
    "service_name",
    "region_name",
    "api_version",
    "use_ssl",
    "verify",
    "endpoint_url",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "config",
    "aws_account_id",
    "botocore_session",
    "profile_name",
    "role_arn",
    "role_session_name",
    "external_id",
    "policy",
    "policy_arns",
    "tags",
    "transitive_tag_keys",
    "duration_seconds",
    "source",
    "source_identity",
    "serial_number",
    "token_provider",
    "web_identity_token_file",
    "web_identity_token_loader",
};

constexpr std::size_t index_of(Param param) { return static_cast<std::size_t>(param); }
constexpr std::size_t index_of(Kind kind) { return static_cast<std::size_t>(kind); }

// How many of the numbers a call may mean: those below. What has none in it is a parameter by its name.
inline constexpr std::size_t kParamsOfClients = index_of(Param::botocore_session);
inline constexpr std::size_t kParamsOfSessions = index_of(Param::role_arn);
inline constexpr std::size_t kParamsOfRoles = index_of(Param::web_identity_token_file);
inline constexpr std::size_t kParamsOfWebIdentities = kParams;
inline constexpr std::array<std::size_t, kKinds> kParamsOfKeys{kParamsOfClients, kParamsOfClients, kParams};

constexpr bool is_secret(Param param) {
  return param == Param::aws_access_key_id || param == Param::aws_secret_access_key ||
         param == Param::aws_session_token || param == Param::external_id || param == Param::policy;
}

}  // namespace client_cache::python
