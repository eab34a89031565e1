// What is taken, what it means, and what is left to `json`.
#include "model_store/parse.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support.hpp"

namespace model_store::testing {
namespace {

TEST(Parse, KeepsValuesAndOrder) {
  EXPECT_EQ(parsed(R"({"z": [1, -2, 3.5, "x", null, true, false, {}, []], "a": {"b": {"c": ""}}})"),
            R"({"z":[1,-2,f3.5,"x",null,true,false,{},[]],"a":{"b":{"c":""}}})");
}

TEST(Parse, KeepsIntegersExactlyUpTo64Bits) {
  EXPECT_EQ(parsed("[0, -0, 536870911, 536870912, 9223372036854775807, -9223372036854775808, 18446744073709551615]"),
            "[0,0,536870911,536870912,9223372036854775807,-9223372036854775808,18446744073709551615]");
}

TEST(Parse, KeepsTheLastOfDuplicateKeysInTheFirstPlace) {
  EXPECT_EQ(parsed(R"({"a": 1, "b": 2, "a": {"c": 3, "c": 4}})"), R"({"a":{"c":4},"b":2})");
  EXPECT_EQ(parsed(R"({"a": 1, "\u0061": 2})"), R"({"a":2})");
}

TEST(Parse, UnescapesStringsAndKeepsNuls) {
  const auto document = parse_text(R"(["a\u0000b\n\u00e9\\ud800"])");
  EXPECT_EQ(document->string(Value::from_word(document->array(document->root())[0]).payload()),
            std::string_view("a\0b\n\xC3\xA9\\ud800", 12));
}

class LeftToJson : public ::testing::TestWithParam<std::string> {};

TEST_P(LeftToJson, IsRefused) { EXPECT_EQ(parsed(GetParam()), "refused"); }

INSTANTIATE_TEST_SUITE_P(Invalid, LeftToJson,
                         ::testing::Values("", " ", "{", "[1,]", R"({"a" 1})", R"({"a": 1} x)", R"(["\x"])", "[01]",
                                           "[\"\xff\"]", "[\"\n\"]", "{'a': 1}"));
INSTANTIATE_TEST_SUITE_P(OnlyJsonTakes, LeftToJson,
                         ::testing::Values("[NaN]", "[1e400]", "[18446744073709551616]", R"(["\ud800"])",
                                           R"(["\\\uDFFF"])"));
INSTANTIATE_TEST_SUITE_P(OnlyJsonRefuses, LeftToJson, ::testing::Values("\xEF\xBB\xBF{}"));
INSTANTIATE_TEST_SUITE_P(Scalars, LeftToJson, ::testing::Values("null", "1", R"("x")", "true"));
INSTANTIATE_TEST_SUITE_P(Deep, LeftToJson,
                         ::testing::Values(std::string(300, '[') + std::string(300, ']'), std::string(100'000, '[')));

}  // namespace
}  // namespace model_store::testing
